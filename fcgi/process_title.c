/* What ps and top show of a process: /proc/PID/cmdline is the memory where the arguments lie, so writing
 * there changes it. Where that memory is, the kernel says in /proc/self/stat (proc(5): arg_start and
 * arg_end). */
#include "fcgi/process_title.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

enum { FIELD_ARG_START = 48, FIELD_AFTER_NAME = 3, STAT_SIZE = 2048 };

/* Start of field number wanted; fields are counted from the one after the name, which may contain anything.
 */
static const char *find_field(const char *stat, int wanted)
{
    const char *at = strrchr(stat, ')');
    for (int field = FIELD_AFTER_NAME - 1; at && field < wanted; field++) {
        at = strchr(at, ' ');
        at = at ? at + 1 : NULL;
    }
    return at;
}

static int find_arguments(uintptr_t *start, uintptr_t *end)
{
    char stat[STAT_SIZE];
    unsigned long from = 0, to = 0;
    FILE *file = fopen("/proc/self/stat", "re");
    if (!file)
        return -1;
    size_t length = fread(stat, 1, sizeof stat - 1, file);
    fclose(file);
    stat[length] = '\0';
    const char *field = find_field(stat, FIELD_ARG_START);
    if (!field || sscanf(field, "%lu %lu", &from, &to) != 2 || from == 0 || to <= from)
        return -1;
    *start = from;
    *end = to;
    return 0;
}

void process_title_set(const char *role)
{
    char title[64];
    uintptr_t start, end;
    snprintf(title, sizeof title, "hearthd-%s", role);
    prctl(PR_SET_NAME, title);
    if (find_arguments(&start, &end))
        return;
    snprintf(title, sizeof title, "hearthd: %s", role);
    memset((void *)start, 0, end - start);
    memcpy((void *)start, title, strnlen(title, end - start - 1));
}
