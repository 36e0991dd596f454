/* Plug-ins that are none: a sentence each. (Those that are one are run by the checks.) */
#include <criterion/criterion.h>
#include <string.h>
#include "sim/hosts/driver_plugin.h"
#include "sim/hosts/sut.h"
#include "sim/base/why.h"

static void refused(const char *name, const char *because)
{
    struct why why = {{0}};
    cr_assert_null(sut_load(name, &why), "%s", name);
    cr_assert_not_null(strstr(why.text, because), "%s: \"%s\" does not say \"%s\"", name, why.text,
                       because);
    cr_assert_null(strchr(why.text, '\n'));
}

Test(plugin, what_is_no_stack_is_refused_with_its_reason)
{
    refused("stak", "no stack \"stak\"");
    refused("nowhere.so", "nowhere.so cannot be loaded");
    refused("./Makefile", "./Makefile cannot be loaded");
    refused("/", "cannot be loaded");
    refused("libm.so.6/", "cannot be loaded");
}

Test(plugin, what_is_no_driver_is_refused_with_its_reason)
{
    struct why why = {{0}};
    const struct nic_kind *nic = NULL;
    cr_assert_null(driver_plugin("./Makefile", &nic, &why));
    cr_assert_not_null(strstr(why.text, "./Makefile cannot be loaded"), "%s", why.text);
}

Test(plugin, our_stack_is_built_in)
{
    struct why why = {{0}};
    const struct sut *s = sut_load("stack", &why);
    cr_assert_not_null(s);
    cr_assert_str_eq(s->name, "stack");
}
