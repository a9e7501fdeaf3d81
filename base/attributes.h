/* Compiler attributes under readable names. */
#ifndef HEARTH_BASE_ATTRIBUTES_H
#define HEARTH_BASE_ATTRIBUTES_H

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN          __attribute__((noreturn))
#define COUNT_OF(array)   (sizeof(array) / sizeof((array)[0]))

#endif
