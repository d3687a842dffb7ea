/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "report.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io.h"

void
report_stderr (const char *message)
{
  cleanup_free char *line = xasprintf ("oci-hostnet: %s\n", message);

  (void) write_all (STDERR_FILENO, line, strlen (line));
}

/* The file that --log names, NULL when it is none.  crun: [file:]PATH,
 * syslog:ID, journald:ID; runc: PATH. */
static const char *
log_path (const struct runtime_cli *cli, enum runtime_dialect dialect)
{
  if (cli->log == NULL || cli->log[0] == '\0')
    return NULL;
  if (dialect == DIALECT_RUNC)
    return cli->log;
  if (strncmp (cli->log, "syslog:", 7) == 0
      || strncmp (cli->log, "journald:", 9) == 0)
    return NULL;
  return strncmp (cli->log, "file:", 5) == 0 ? cli->log + 5 : cli->log;
}

void
report_runtime_log (const struct runtime_cli *cli,
                    enum runtime_dialect dialect, const char *message)
{
  struct json_buffer line = JSON_BUFFER_INIT;
  const char *path = log_path (cli, dialect);
  char stamp[32] = "";
  time_t now = time (NULL);
  struct tm utc;
  cleanup_close int fd = -1;

  if (path == NULL)
    return;
  fd = open (path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC
                       | O_NOCTTY | O_NONBLOCK,
             0644);
  if (fd < 0)
    return; /* stderr has it */
  if (gmtime_r (&now, &utc) != NULL)
    strftime (stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &utc);
  if (cli->log_format != NULL && strcmp (cli->log_format, "json") == 0)
    {
      json_buffer_add (&line, "{\"level\":\"error\",\"msg\":");
      json_buffer_string (&line, message);
      json_buffer_add (&line, ",\"time\":\"%s\"}\n", stamp);
    }
  else if (dialect == DIALECT_RUNC)
    {
      json_buffer_add (&line, "time=\"%s\" level=error msg=", stamp);
      json_buffer_string (&line, message);
      json_buffer_add (&line, "\n");
    }
  else
    json_buffer_add (&line, "%s\n", message);
  (void) write_all (fd, line.text, line.length);
  free (line.text);
}
