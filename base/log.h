/* The log: one line per event on stderr (or a file, or the journal that reads stderr), key=value, with the
 * request id. Never a secret: no token, password, parameter value or request body is ever passed to it. */
#ifndef HEARTH_BASE_LOG_H
#define HEARTH_BASE_LOG_H

#include "base/attributes.h"

enum log_level { LOG_ERROR_LEVEL, LOG_WARNING_LEVEL, LOG_INFO_LEVEL, LOG_DEBUG_LEVEL };

/* role: "master", "api", "engine", "status", "hearthctl"; stands in each line with the pid. path NULL:
 * stderr. */
void log_open(const char *role, enum log_level level, const char *path);
void log_reopen(void); /* after logrotate */

/* request_id may be NULL. */
void log_write(enum log_level level, const char *request_id, const char *format, ...) PRINTF(3, 4);
#define log_error(id, ...)   log_write(LOG_ERROR_LEVEL, (id), __VA_ARGS__)
#define log_warning(id, ...) log_write(LOG_WARNING_LEVEL, (id), __VA_ARGS__)
#define log_info(id, ...)    log_write(LOG_INFO_LEVEL, (id), __VA_ARGS__)
#define log_debug(id, ...)   log_write(LOG_DEBUG_LEVEL, (id), __VA_ARGS__)

#endif
