/* SPDX-License-Identifier: Apache-2.0 */
/* What the host's settings make of locked containers: ping, ports, who hears
 * the trail, other security modules. */
#include <config.h>

#include "doctor_facts.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "trail.h"

/* ---- looking ---- */

static void
read_sysctls (struct doctor_host *host)
{
  FILE *ping = fopen ("/proc/sys/net/ipv4/ping_group_range", "re");
  FILE *ports
      = fopen ("/proc/sys/net/ipv4/ip_unprivileged_port_start", "re");

  if (ping != NULL
      && fscanf (ping, "%lu %lu", &host->ping_first, &host->ping_last) == 2)
    host->ping = SEEN_YES;
  host->port_start = -1;
  if (ports != NULL && fscanf (ports, "%ld", &host->port_start) != 1)
    host->port_start = -1;
  if (ping != NULL)
    fclose (ping);
  if (ports != NULL)
    fclose (ports);
}

void
doctor_read_host (struct doctor_facts *facts)
{
  struct doctor_host *host = &facts->host;
  FILE *apparmor;

  host->port_start = -1;
  if (facts->elsewhere)
    return;
  read_sysctls (host);
  host->listens_at = trail_listener ();
  host->listener = host->listens_at != NULL ? SEEN_YES : SEEN_NO;
  host->selinux
      = access ("/sys/fs/selinux/enforce", F_OK) == 0 ? SEEN_YES : SEEN_NO;
  host->apparmor = SEEN_NO;
  apparmor = fopen ("/sys/module/apparmor/parameters/enabled", "re");
  if (apparmor != NULL)
    {
      host->apparmor = fgetc (apparmor) == 'Y' ? SEEN_YES : SEEN_NO;
      fclose (apparmor);
    }
}

/* ---- judging ---- */

/* icmp(7): who may make a ping socket, which needs no CAP_NET_RAW, and which
 * ping of iputils asks for (that of busybox 1.35 does not). */
static void
check_ping (const struct doctor_host *host, struct checks *checks)
{
  static const char command[]
      = "sysctl -w net.ipv4.ping_group_range='0 2147483647'";
  unsigned long first = host->ping_first, last = host->ping_last;

  if (host->ping != SEEN_YES)
    {
      checks_add (checks, "ping", CHECK_UNKNOWN,
                  "net.ipv4.ping_group_range of the host cannot be read here");
      return;
    }
  if (first == 0 && last > 0)
    {
      checks_add (checks, "ping", CHECK_OK,
                  "works in a locked container, for the groups %lu to %lu",
                  first, last);
      return;
    }
  if (first > last)
    checks_add (checks, "ping", CHECK_WARN,
                "does not work in a locked container, which has no "
                "CAP_NET_RAW: net.ipv4.ping_group_range allows no group");
  else
    checks_add (checks, "ping", CHECK_WARN,
                "works in a locked container, which has no CAP_NET_RAW, for "
                "the groups %lu to %lu alone (net.ipv4.ping_group_range)",
                first, last);
  checks_mend (checks, "%s", command);
}

static void
check_ports (const struct doctor_host *host, struct checks *checks)
{
  if (host->port_start < 0)
    checks_add (checks, "ports", CHECK_UNKNOWN,
                "net.ipv4.ip_unprivileged_port_start of the host cannot be "
                "read here");
  else if (host->port_start == 0)
    checks_add (checks, "ports", CHECK_OK,
                "a container can bind each free port, under userns too");
  else
    checks_add (checks, "ports", CHECK_OK,
                "under userns a container binds none below %ld "
                "(net.ipv4.ip_unprivileged_port_start)",
                host->port_start);
}

static void
check_trail (const struct doctor_facts *facts, struct checks *checks)
{
  const struct doctor_host *host = &facts->host;

  if (host->listener == SEEN_YES)
    checks_add (checks, "trail", CHECK_OK, "%s takes records",
                host->listens_at);
  else if (host->listener == SEEN_UNKNOWN)
    checks_add (checks, "trail", CHECK_UNKNOWN,
                "who takes records is seen on the system that runs alone");
  else
    {
      checks_add (checks, "trail", CHECK_WARN,
                  "nobody listens at /run/systemd/journal/socket or /dev/log: "
                  "what is refused and reported is recorded nowhere");
      if (facts->install != NULL)
        checks_mend (checks,
                     "systemctl start systemd-journald, or without systemd: "
                     "%s rsyslog",
                     facts->install);
      else
        checks_mend (checks, "start journald or a syslog daemon");
    }
}

/* SECURITY.md, "What is left": strict under runc was never tried there. */
static void
check_modules (const struct doctor_host *host, struct checks *checks)
{
  if (host->selinux == SEEN_YES)
    checks_add (checks, "modules", CHECK_NOTE,
                "SELinux is there; the lock strict under runc was never tried "
                "with it");
  else if (host->apparmor == SEEN_YES)
    checks_add (checks, "modules", CHECK_NOTE,
                "AppArmor is there; no lock needs it");
  else if (host->selinux == SEEN_NO)
    checks_add (checks, "modules", CHECK_NOTE,
                "neither SELinux nor AppArmor; no lock needs them");
}

void
doctor_check_host (const struct doctor_facts *facts, struct checks *checks)
{
  check_ping (&facts->host, checks);
  check_ports (&facts->host, checks);
  check_trail (facts, checks);
  check_modules (&facts->host, checks);
}
