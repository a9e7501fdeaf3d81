/* config.def as a table at run time: shared by the reader and by what writes the sample and the
 * documentation. */
#ifndef HEARTH_BASE_CONFIG_TABLE_H
#define HEARTH_BASE_CONFIG_TABLE_H

#include <stddef.h>

enum config_type {
    CONFIG_string,
    CONFIG_integer,
    CONFIG_duration,
    CONFIG_size,
    CONFIG_boolean,
    CONFIG_choice,
};

struct config_option {
    enum config_type type;
    const char *name, *type_name, *initial, *choices, *section, *text; /* the row's columns */
    size_t offset;                                                     /* in struct config */
};

extern const struct config_option config_options[];
extern const size_t config_option_count;

#endif
