/* Prints what is made from base/config.def: config_docs sample | markdown. Built and run by
 * scripts/make-docs. */
#include <stdio.h>
#include <string.h>

#include "base/config.h"

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "sample") == 0)
        config_write_sample(stdout);
    else if (argc == 2 && strcmp(argv[1], "markdown") == 0)
        config_write_markdown(stdout);
    else
        return fputs("usage: config_docs sample | markdown\n", stderr), 2;
    return fflush(stdout) || ferror(stdout);
}
