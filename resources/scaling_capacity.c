/* The size a group goes to. */
#include <math.h>
#include <string.h>

#include "resources/scaling.h"

static bool is_word(const char *type, const char *word, const char *cfn_word)
{
    return strcmp(type, word) == 0 || strcmp(type, cfn_word) == 0;
}

/* Part of a member is at least one member, up or down. */
static double whole_members(double change)
{
    if (fabs(change) < 1)
        return change > 0 ? ceil(change) : floor(change);
    return trunc(change);
}

static double percentage(int64_t current, double amount, int64_t least)
{
    double change = whole_members((double)current * amount / 100);
    if (least && (double)least > fabs(change))
        change = change > 0 ? (double)least : -(double)least;
    return (double)current + change;
}

int64_t scaling_new_capacity(int64_t current, double amount, const char *type, int64_t least, int64_t minimum,
                             int64_t maximum)
{
    double capacity;
    if (is_word(type, "change_in_capacity", "ChangeInCapacity"))
        capacity = (double)current + trunc(amount);
    else if (is_word(type, "exact_capacity", "ExactCapacity"))
        capacity = trunc(amount);
    else
        capacity = percentage(current, amount, least);
    if (capacity > (double)maximum)
        return maximum;
    return capacity < (double)minimum ? minimum : (int64_t)capacity;
}
