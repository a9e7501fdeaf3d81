/* What ps and top show of a process. */
#ifndef HEARTH_FCGI_PROCESS_TITLE_H
#define HEARTH_FCGI_PROCESS_TITLE_H

/* "hearthd: " and role, written over this process's own argument strings, which nothing may read any more. */
void process_title_set(const char *role);

#endif
