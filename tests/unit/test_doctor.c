/* SPDX-License-Identifier: Apache-2.0 */
/* What doctor makes of facts: each row changes a host on which all is well, and
 * names the check that must say so. */
#include <config.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libhostnet/doctor_facts.h"
#include "tap.h"

#define CRUN "crun version 1.20\n+SYSTEMD +SELINUX +CAP +SECCOMP +EBPF\n"
#define RUNC(version) "runc version " version "\nspec: 1.2.0\nlibseccomp: 2.5.4\n"

static void
set_runtime (struct doctor_runtime *runtime, const char *path,
             enum runtime_dialect dialect, const char *said)
{
  *runtime = (struct doctor_runtime){
    .lowlevel = { path, dialect },
    .file = { .path = path, .there = SEEN_YES, .program = true },
    .asked = true
  };
  strcpy (runtime->said, said);
}

/* A host on which every check says ok, but for notes. */
static void
make_good (struct doctor_facts *facts)
{
  static const char *const names[]
      = { "podman", "docker", "containerd", "crio", "kubernetes", "nerdctl" };

  *facts = (struct doctor_facts){
    .root = "/", .root_fd = -1, .privileged = true,
    .install = "apt-get install",
    .kernel = { .release = "6.18.1", .version = { 6, 18 },
                .seccomp = SEEN_YES, .openat2 = SEEN_YES, .pidfd = SEEN_YES,
                .mount_setattr = SEEN_YES, .user_namespaces = SEEN_YES,
                .btf = SEEN_YES, .max_user_namespaces = 1000,
                .cgroups = CGROUPS_V2 },
    .policy = { .there = SEEN_NO },
    .runtime_count = 2,
    .host = { .ping = SEEN_YES, .ping_last = 2147483647, .port_start = 1024,
              .listener = SEEN_YES, .listens_at = "/dev/log",
              .selinux = SEEN_NO, .apparmor = SEEN_NO }
  };
  for (size_t i = 0; i < DOCTOR_PROGRAMS; i++)
    facts->programs[i] = (struct doctor_program){
      .path = "/PROGRAM", .there = SEEN_YES, .program = true
    };
  set_runtime (&facts->runtimes[0], "/usr/bin/crun", DIALECT_CRUN, CRUN);
  set_runtime (&facts->runtimes[1], "/usr/sbin/runc", DIALECT_RUNC,
               RUNC ("1.3.3"));
  for (size_t i = 0; i < DOCTOR_ENGINES; i++)
    facts->engines[i] = (struct doctor_engine){
      .name = names[i], .there = SEEN_YES, .program = "/ENGINE",
      .registers = i < 5, .state = { .complete = true }, .runtime = true
    };
}

static char *
text (const char *of)
{
  return xasprintf ("%s", of);
}

/* Each row is a function of its own: C has no others. */
#define CHANGE(name, ...)                                                     \
  static void name (struct doctor_facts *f) { __VA_ARGS__; }

CHANGE (no_pidfd, f->kernel.pidfd = SEEN_NO)
CHANGE (no_openat2, f->kernel.openat2 = SEEN_NO)
CHANGE (no_seccomp, f->kernel.seccomp = SEEN_NO)
CHANGE (unseen_seccomp, f->kernel.seccomp = SEEN_UNKNOWN)
CHANGE (v1, f->kernel.cgroups = CGROUPS_V1)
CHANGE (no_cgroups, f->kernel.cgroups = CGROUPS_NONE)
CHANGE (hybrid, f->kernel.cgroups = CGROUPS_HYBRID)
CHANGE (hybrid_crun, hybrid (f); f->kernel.unified_controllers = true)
CHANGE (hybrid_runc, hybrid_crun (f); f->chosen = 1)
CHANGE (hybrid_alone, hybrid_crun (f); f->runtime_count = 1)
CHANGE (no_userns, f->kernel.user_namespaces = SEEN_NO)
CHANGE (unseen_userns, f->kernel.user_namespaces = SEEN_UNKNOWN)
CHANGE (max_userns, f->kernel.max_user_namespaces = 0)
CHANGE (no_setattr, f->kernel.mount_setattr = SEEN_NO)
CHANGE (clone, f->kernel.userns_lifted_by = "kernel.x=1")
#ifdef HAVE_BPF
CHANGE (no_btf, f->kernel.btf = SEEN_NO)
CHANGE (unseen_btf, f->kernel.btf = SEEN_UNKNOWN; f->privileged = false)
CHANGE (linux_6_6, f->kernel.version[1] = 6)
CHANGE (linux_5_19, f->kernel.version[0] = 5)
#endif
CHANGE (no_runtime_program, f->programs[0].there = SEEN_NO)
CHANGE (no_hook_program, f->programs[1].there = SEEN_NO)
CHANGE (no_crun_name, f->programs[2].there = SEEN_NO)
CHANGE (no_programs, for (int i = 0; i < DOCTOR_PROGRAMS; i++)
        f->programs[i].there = SEEN_NO)
CHANGE (unseen_program, f->programs[1].there = SEEN_UNKNOWN;
        f->privileged = false)
CHANGE (odd_program, f->programs[0].program = false)
CHANGE (foreign_program, f->programs[1].foreign = text ("/usr/local"))
CHANGE (set_id_program, f->programs[0].set_id = true)
CHANGE (policy_there, f->policy.there = SEEN_YES)
CHANGE (policy_wrong, f->policy.mistake = text ("the policy is wrong");
        f->policy.mistakes = 1)
CHANGE (policy_very_wrong, policy_wrong (f); f->policy.mistakes = 2)
CHANGE (policy_unseen, policy_wrong (f); f->policy.unreadable = true;
        f->privileged = false)
CHANGE (wrong_ids, f->policy.ids = text ("the file gives no ids"))
CHANGE (observes, f->policy.observes = true)
CHANGE (observes_all, observes (f); f->policy.observes_all = true)
CHANGE (no_runtimes, f->runtime_count = 0; f->chosen = -1)
CHANGE (no_runtimes_dnf, no_runtimes (f); f->install = "dnf install")
CHANGE (no_runtimes_odd, no_runtimes (f); f->install = NULL)
CHANGE (named_missing, f->policy.runtime = text ("/opt/runc");
        f->chosen = -1)
CHANGE (named, f->policy.runtime = text ("/usr/sbin/runc"); f->chosen = 1)
CHANGE (unseen_crun, f->runtimes[0].file.there = SEEN_UNKNOWN;
        f->privileged = false)
CHANGE (foreign_crun, f->runtimes[0].file.foreign = text ("/usr/bin/crun"))
CHANGE (foreign_runc, f->runtimes[1].file.foreign = text ("/usr/sbin"))
CHANGE (own_crun, f->runtimes[0].ours = true)
CHANGE (odd_crun, f->runtimes[0].file.program = false)
CHANGE (script_crun, f->runtimes[0].wrong = text ("it is a script"))
CHANGE (unasked_crun, f->runtimes[0].asked = false)
CHANGE (silent_crun, f->runtimes[0].said[0] = '\0')
CHANGE (silent_runc, f->runtimes[1].said[0] = '\0')
CHANGE (not_built_in, strcpy (f->runtimes[0].said, "crun version 1.20\n+CAP\n"))
CHANGE (no_libseccomp, strcpy (f->runtimes[1].said, "runc version 1.3.3\n"))
CHANGE (no_libseccomp_taken, no_libseccomp (f); f->chosen = 1)
CHANGE (no_podman, f->engines[0].there = SEEN_NO)
CHANGE (no_engines, for (int i = 0; i < DOCTOR_ENGINES; i++)
        f->engines[i].there = SEEN_NO)
CHANGE (new_podman, f->engines[0].state.complete = false)
CHANGE (new_podman_below, new_podman (f); f->root = "/image";
        f->elsewhere = true)
CHANGE (half_podman, new_podman (f); f->engines[0].state.partly = true)
CHANGE (hooks_alone, half_podman (f); f->engines[0].hooks = true;
        f->engines[0].runtime = false)
CHANGE (default_podman, f->engines[0].state.is_default = true)
CHANGE (edited_podman, new_podman (f); f->engines[0].state.at = "/etc/x";
        error_refuse (&f->engines[0].refused, SENTENCE_configure_file, "/etc/x"))
CHANGE (listed_podman, new_podman (f); f->engines[0].state.at = "/etc/x";
        error_refuse (&f->engines[0].refused, SENTENCE_configure_toml, "/etc/x", 1))
CHANGE (unseen_podman, f->privileged = false;
        error_system (&f->engines[0].refused, EACCES,
                      SENTENCE_configure_unreadable, "/etc/x"))
CHANGE (new_docker, f->engines[1].state.complete = false)
CHANGE (new_containerd, f->engines[2].state.complete = false)
CHANGE (dockers, new_containerd (f); f->engines[4].there = SEEN_NO)
CHANGE (new_crio, f->engines[3].state.complete = false)
CHANGE (bad_hook, f->engines[3].bad_hook = "/usr/share/hooks/")
CHANGE (new_kubernetes, f->engines[4].state.complete = false)
CHANGE (no_ping, f->host.ping_first = 1; f->host.ping_last = 0)
CHANGE (ping_root, f->host.ping_last = 0)
CHANGE (ping_some, f->host.ping_first = 100; f->host.ping_last = 200)
CHANGE (unseen_ping, f->host.ping = SEEN_UNKNOWN)
CHANGE (ports_0, f->host.port_start = 0)
CHANGE (unseen_ports, f->host.port_start = -1)
CHANGE (no_trail, f->host.listener = SEEN_NO)
CHANGE (unseen_trail, f->host.listener = SEEN_UNKNOWN)
CHANGE (selinux, f->host.selinux = SEEN_YES)
CHANGE (apparmor, f->host.apparmor = SEEN_YES)

static const struct
{
  const char *what;
  void (*change) (struct doctor_facts *facts);
  const char *id;
  enum check_verdict verdict;
  const char *reason, *mend; /* parts; MEND: NULL: none */
} rows[] = {
  { "no pidfd_open", no_pidfd, "kernel", CHECK_WARN, "exec", "5.12" },
  { "no openat2", no_openat2, "kernel", CHECK_WARN, "openat2", "5.12" },
  { "no filters", no_seccomp, "seccomp", CHECK_FAIL, "every lock",
    "CONFIG_SECCOMP_FILTER" },
  { "filters not seen", unseen_seccomp, "seccomp", CHECK_UNKNOWN, "asking",
    "on the host" },
  { "cgroup v1", v1, "cgroups", CHECK_OK, "version 1", NULL },
#ifdef HAVE_BPF
  { "cgroup v1: isolated", v1, "isolated", CHECK_WARN, "version 2 alone",
    "unified_cgroup_hierarchy=1" },
  { "no BTF", no_btf, "isolated", CHECK_WARN, "btf",
    "CONFIG_DEBUG_INFO_BTF" },
  { "BTF not seen", unseen_btf, "isolated", CHECK_UNKNOWN, "btf",
    "run it as root" },
  { "Linux 6.6", linux_6_6, "isolated", CHECK_WARN, "6.7", "6.7" },
  { "Linux 5", linux_5_19, "isolated", CHECK_WARN, "6.7", "6.7" },
#else
  { "built without isolated", v1, "isolated", CHECK_WARN,
    "built without it", "without --without-bpf" },
#endif
  { "no cgroups", no_cgroups, "cgroups", CHECK_WARN, "none",
    "mount -t cgroup2" },
  { "hybrid without controllers", hybrid, "cgroups", CHECK_OK, "beside", NULL },
  { "hybrid, crun", hybrid_crun, "cgroups", CHECK_FAIL,
    "crun starts no container", "\"runtime\": \"/usr/sbin/runc\"" },
  { "hybrid, crun alone", hybrid_alone, "cgroups", CHECK_FAIL, "crun", "install runc" },
  { "hybrid, runc", hybrid_runc, "cgroups", CHECK_WARN, "runc does",
    "unified_cgroup_hierarchy=1" },
  { "no user namespaces", no_userns, "userns", CHECK_WARN, "lock userns",
    "CONFIG_USER_NS" },
  { "user namespaces not seen", unseen_userns, "userns", CHECK_UNKNOWN, "",
    NULL },
  { "no user namespace allowed", max_userns, "userns", CHECK_WARN,
    "user.max_user_namespaces", "sysctl -w user.max_user_namespaces=" },
  { "no mount_setattr: userns", no_setattr, "userns", CHECK_WARN,
    "lock userns", "5.12" },
  { "no mount_setattr: subordinate", no_setattr, "subordinate", CHECK_WARN,
    "mapped ids", "5.12" },
  { "none for ordinary users", clone, "rootless", CHECK_WARN,
    "rootless podman", "sysctl -w kernel.x=1" },
  { "no oci-hostnet-runtime", no_runtime_program, "programs", CHECK_FAIL,
    "not there", "make install" },
  { "no oci-hostnet-hook", no_hook_program, "programs", CHECK_FAIL,
    "not there", "make install" },
  { "no oci-hostnet-crun", no_crun_name, "programs", CHECK_WARN, "not there",
    "make install" },
  { "not installed", no_programs, "programs", CHECK_FAIL, "not installed",
    "make install" },
  { "a program not seen", unseen_program, "programs", CHECK_UNKNOWN,
    "cannot be looked at", "run it as root" },
  { "a program that is none", odd_program, "programs", CHECK_FAIL,
    "no program", "install" },
  { "a directory that others write", foreign_program, "programs", CHECK_FAIL,
    "can write /usr/local",
    "chown root:root /usr/local && chmod go-w /usr/local" },
  { "a set-id program", set_id_program, "programs", CHECK_FAIL,
    "set-user-ID", "chmod ug-s /" },
  { "a policy", policy_there, "policy", CHECK_OK, "is right", NULL },
  { "a wrong policy", policy_wrong, "policy", CHECK_FAIL,
    "the policy is wrong", "oci-hostnet policy check" },
  { "a policy with two mistakes", policy_very_wrong, "policy", CHECK_FAIL,
    "there is more", "oci-hostnet policy check" },
  { "a policy not seen", policy_unseen, "policy", CHECK_UNKNOWN,
    "cannot be read", "run it as root" },
  { "a policy not seen: the runtime", policy_unseen, "runtime",
    CHECK_UNKNOWN, "unless the policy", "run it as root" },
  { "ids that the policy names", wrong_ids, "subordinate", CHECK_WARN,
    "the file gives no ids", NULL },
  { "a rule observes", observes, "policy", CHECK_WARN, "only observed",
    "\"mode\"" },
  { "all is observed", observes_all, "policy", CHECK_FAIL, "nothing is locked",
    "\"mode\"" },
  { "no runtime", no_runtimes, "runtime", CHECK_FAIL, "neither",
    "apt-get install crun" },
  { "no runtime, dnf", no_runtimes_dnf, "runtime", CHECK_FAIL, "neither",
    "dnf install crun" },
  { "no runtime, who knows", no_runtimes_odd, "runtime", CHECK_FAIL,
    "neither", "install the package crun" },
  { "no runtime: subordinate", no_runtimes, "subordinate", CHECK_UNKNOWN, "",
    NULL },
  { "the policy's is not there", named_missing, "runtime", CHECK_FAIL,
    "/opt/runc", "take \"runtime\" out" },
  { "the policy's", named, "runtime", CHECK_OK, "/usr/sbin/runc", NULL },
  { "crun not seen", unseen_crun, "crun", CHECK_UNKNOWN,
    "cannot be looked at", "run it as root" },
  { "crun is another's", foreign_crun, "crun", CHECK_FAIL,
    "can write /usr/bin/crun", "chmod go-w /usr/bin/crun" },
  { "runc, not taken, is another's", foreign_runc, "runc", CHECK_WARN,
    "can write /usr/sbin", "chmod go-w /usr/sbin" },
  { "crun is us", own_crun, "crun", CHECK_FAIL, "oci-hostnet itself",
    "put the real crun back" },
  { "crun is a directory", odd_crun, "crun", CHECK_FAIL, "no program",
    "put the real crun back" },
  { "crun is a script", script_crun, "crun", CHECK_FAIL, "it is a script",
    "put the real crun back" },
  { "crun not asked", unasked_crun, "crun", CHECK_UNKNOWN, "not asked", NULL },
  { "crun says nothing", silent_crun, "crun", CHECK_FAIL, "--version",
    "apt-get install crun" },
  { "runc, not taken, says nothing", silent_runc, "runc", CHECK_WARN,
    "--version", "apt-get install runc" },
  { "crun without seccomp", not_built_in, "crun", CHECK_FAIL,
    "without seccomp", "apt-get install crun" },
  { "runc without seccomp, not taken", no_libseccomp, "runc", CHECK_WARN,
    "without seccomp", "apt-get install runc" },
  { "runc without seccomp, taken", no_libseccomp_taken, "runc", CHECK_FAIL,
    "without seccomp", "apt-get install runc" },
  { "no engine", no_engines, "engines", CHECK_NOTE, "by hand", NULL },
  { "podman does not know us", new_podman, "podman", CHECK_WARN,
    "not locked", "oci-hostnet configure podman" },
  { "podman below a root", new_podman_below, "podman", CHECK_WARN,
    "not locked", "oci-hostnet configure podman --root /image" },
  { "podman knows a part", half_podman, "podman", CHECK_WARN, "a part",
    "oci-hostnet configure podman" },
  { "podman has hooks alone", hooks_alone, "podman", CHECK_WARN,
    "create-only", "oci-hostnet configure podman" },
  { "podman takes us by itself", default_podman, "podman", CHECK_OK,
    "default runtime", NULL },
  { "podman's file was edited", edited_podman, "podman", CHECK_WARN,
    "somebody edited it",
    "mv /etc/x /etc/x.old && oci-hostnet configure podman" },
  { "podman's file is broken", listed_podman, "podman", CHECK_WARN, "TOML",
    "mend that, then: oci-hostnet configure podman" },
  { "podman's files not seen", unseen_podman, "podman", CHECK_UNKNOWN,
    "/etc/x", "run it as root" },
  { "docker", new_docker, "docker", CHECK_WARN, "not locked",
    "oci-hostnet configure docker && systemctl reload docker" },
  { "containerd", new_containerd, "containerd", CHECK_WARN, "not locked",
    "oci-hostnet configure containerd && systemctl restart containerd" },
  { "containerd is Docker's", dockers, "containerd", CHECK_NOTE, "Docker",
    NULL },
  { "crio", new_crio, "crio", CHECK_WARN, "not locked",
    "oci-hostnet configure crio && systemctl restart crio" },
  { "crio does not start", bad_hook, "crio", CHECK_WARN, "does not start",
    "grep -l precreate /usr/share/hooks/*.json" },
  { "kubernetes", new_kubernetes, "kubernetes", CHECK_NOTE, "not seen",
    "oci-hostnet configure kubernetes && kubectl apply -f " },
  { "nobody may ping", no_ping, "ping", CHECK_WARN, "no group",
    "sysctl -w net.ipv4.ping_group_range='0 2147483647'" },
  { "root's group may ping", ping_root, "ping", CHECK_WARN, "0 to 0 alone",
    "sysctl -w net.ipv4.ping_group_range='0 2147483647'" },
  { "some may ping", ping_some, "ping", CHECK_WARN, "100 to 200 alone",
    "sysctl -w net.ipv4.ping_group_range='0 2147483647'" },
  { "ping not seen", unseen_ping, "ping", CHECK_UNKNOWN, "cannot be read",
    NULL },
  { "all ports", ports_0, "ports", CHECK_OK, "each free port", NULL },
  { "ports not seen", unseen_ports, "ports", CHECK_UNKNOWN, "cannot be read",
    NULL },
  { "no trail", no_trail, "trail", CHECK_WARN, "recorded nowhere",
    "systemctl start systemd-journald" },
  { "trail not seen", unseen_trail, "trail", CHECK_UNKNOWN, "alone", NULL },
  { "SELinux", selinux, "modules", CHECK_NOTE, "SELinux is there", NULL },
  { "AppArmor", apparmor, "modules", CHECK_NOTE, "AppArmor is there", NULL },
};

static bool
is_it (const struct check *check, const char *id, enum check_verdict verdict,
       const char *reason, const char *mend)
{
  return strcmp (check->id, id) == 0 && check->verdict == verdict
         && strstr (check->reason, reason) != NULL
         && (mend == NULL ? check->mend == NULL
                          : check->mend != NULL
                                && strstr (check->mend, mend) != NULL);
}

/* Without the change the id says ok, or nothing at all. */
static bool
was_well (const struct checks *good, const char *id)
{
#ifndef HAVE_BPF
  if (strcmp (id, "isolated") == 0)
    return true;
#endif
  for (size_t i = 0; i < good->count; i++)
    if (strcmp (good->list[i].id, id) == 0
        && good->list[i].verdict != CHECK_OK
        && good->list[i].verdict != CHECK_NOTE)
      return false;
  return true;
}

static void
test_rows (void)
{
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
    {
      struct doctor_facts facts, before;
      cleanup_checks struct checks checks = CHECKS_INIT;
      cleanup_checks struct checks good = CHECKS_INIT;
      const char *word;
      bool found = false, failed = false, unseen = false;

      make_good (&before);
      doctor_check_all (&before, &good);
      make_good (&facts);
      rows[r].change (&facts);
      doctor_check_all (&facts, &checks);
      for (size_t i = 0; i < checks.count; i++)
        {
          found |= is_it (&checks.list[i], rows[r].id, rows[r].verdict,
                          rows[r].reason, rows[r].mend);
          failed |= checks.list[i].verdict == CHECK_FAIL;
          unseen |= checks.list[i].verdict == CHECK_UNKNOWN;
        }
      word = doctor_word (&checks);
      found &= strcmp (word, failed   ? "not ready"
                             : unseen ? "partly seen"
                                      : "ready")
               == 0;
      if (!tap_ok (found && was_well (&good, rows[r].id), rows[r].what))
        checks_show (stderr, &checks, false);
      doctor_facts_clear (&facts);
      doctor_facts_clear (&before);
    }
}

static void
test_good (void)
{
  struct doctor_facts facts;
  cleanup_checks struct checks checks = CHECKS_INIT;
  bool good = true;

  make_good (&facts);
  doctor_check_all (&facts, &checks);
  for (size_t i = 0; i < checks.count; i++)
    good &= checks.list[i].verdict == CHECK_OK
            || checks.list[i].verdict == CHECK_NOTE
#ifndef HAVE_BPF
            || strcmp (checks.list[i].id, "isolated") == 0
#endif
        ;
  tap_ok (good && checks.count > 15
              && strcmp (doctor_word (&checks), "ready") == 0,
          "a good host is ready");
  no_podman (&facts);
  checks_clear (&checks);
  doctor_check_all (&facts, &checks);
  good = true;
  for (size_t i = 0; i < checks.count; i++)
    good &= strcmp (checks.list[i].id, "podman") != 0;
  tap_ok (good, "of an engine that is not there nothing is said");
  doctor_facts_clear (&facts);
}

/* What a version has, of what is known: by the advisories and changelogs. */
static const struct
{
  const char *said;
  enum runtime_dialect dialect;
  const char *has; /* parts of reasons, with commas; "": nothing */
} versions[] = {
  { "crun version 1.3\n+SECCOMP\n", DIALECT_CRUN, "rro" },
  { "crun version 1.4\n+SECCOMP\n", DIALECT_CRUN, "" },
  { "crun version 1.8.1\n+SECCOMP\n", DIALECT_CRUN, "" },
  { "crun version 1.14.3.0.0.0.5-abcd\n+SECCOMP\n", DIALECT_CRUN, "" },
  { RUNC ("1.0.0-rc6"), DIALECT_RUNC,
    "rro,CVE-2019-5736,CVE-2021-30465,CVE-2024-21626,CVE-2025-31133" },
  { RUNC ("1.0.0-rc7"), DIALECT_RUNC,
    "rro,CVE-2021-30465,CVE-2024-21626,CVE-2025-31133" },
  { RUNC ("1.0.0~rc93+ds1"), DIALECT_RUNC,
    "rro,CVE-2021-30465,CVE-2024-21626,CVE-2025-31133" },
  { RUNC ("1.0.0-rc95"), DIALECT_RUNC, "rro,CVE-2024-21626,CVE-2025-31133" },
  { RUNC ("1.0.3"), DIALECT_RUNC, "rro,CVE-2024-21626,CVE-2025-31133" },
  { RUNC ("1.1.0-rc.1"), DIALECT_RUNC, "CVE-2024-21626,CVE-2025-31133" },
  { RUNC ("1.1.11"), DIALECT_RUNC, "CVE-2024-21626,CVE-2025-31133" },
  { RUNC ("1.1.5+ds1\ncommit: 1.1.5+ds1-1"), DIALECT_RUNC,
    "CVE-2024-21626,CVE-2025-31133" },
  { RUNC ("1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1"), DIALECT_RUNC,
    "CVE-2025-31133" },
  { RUNC ("1.1.12-0ubuntu2~22.04.1"), DIALECT_RUNC, "CVE-2025-31133" },
  { RUNC ("1.2.0-rc.1"), DIALECT_RUNC, "CVE-2025-31133" },
  { RUNC ("1.2.7"), DIALECT_RUNC, "CVE-2025-31133" },
  { RUNC ("1.2.8"), DIALECT_RUNC, "" },
  { RUNC ("1.3.2"), DIALECT_RUNC, "CVE-2025-31133" },
  { RUNC ("1.3.3"), DIALECT_RUNC, "" },
  { RUNC ("1.4.0-rc.2"), DIALECT_RUNC, "CVE-2025-31133" },
  { RUNC ("1.4.0-rc.3"), DIALECT_RUNC, "" },
  { RUNC ("1.4.0"), DIALECT_RUNC, "" },
  { RUNC ("1.5.0-rc.1"), DIALECT_RUNC, "" },
};

/* All that may be said, each of which must be there or must not. */
static const char *const marks[] = { "rro", "CVE-2019-5736", "CVE-2021-30465",
                                     "CVE-2024-21626", "CVE-2025-31133" };

static void
test_versions (void)
{
  for (size_t v = 0; v < sizeof versions / sizeof *versions; v++)
    {
      struct doctor_facts facts;
      cleanup_checks struct checks checks = CHECKS_INIT;
      cleanup_free char *name = NULL;
      bool right = true, breaks = strstr (versions[v].has, "rro") != NULL;

      make_good (&facts);
      facts.runtime_count = 1;
      set_runtime (&facts.runtimes[0], "/usr/bin/it", versions[v].dialect,
                   versions[v].said);
      doctor_check_runtimes (&facts, &checks);
      for (size_t m = 0; m < sizeof marks / sizeof *marks; m++)
        {
          bool said = false;

          for (size_t i = 1; i < checks.count; i++)
            said |= strstr (checks.list[i].reason, marks[m]) != NULL;
          right &= said == (strstr (versions[v].has, marks[m]) != NULL);
        }
      right &= checks.list[1].verdict
               == (breaks                        ? CHECK_FAIL
                   : versions[v].has[0] != '\0' ? CHECK_WARN
                                                 : CHECK_OK);
      name = xstrndup (versions[v].said, strcspn (versions[v].said, "\n"));
      if (!tap_ok (right, name))
        checks_show (stderr, &checks, false);
      doctor_facts_clear (&facts);
    }
}

int
main (void)
{
  test_good ();
  test_rows ();
  test_versions ();
  return tap_end ();
}
