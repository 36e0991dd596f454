#include "tests/hosts/script_rig.h"
#include <criterion/criterion.h>
#include <string.h>
#include "sim/base/diagnostic.h"
#include "sim/play/run.h"

static void play(const char *name, const char *text, const char *said)
{
    struct diagnostic d = {0};
    struct why why = {{0}};
    struct script *script = script_parse(name, text, strlen(text), NULL, &d);
    if (!script)
        cr_assert_fail("%s:%d: %s", name, d.place.line, d.text);
    const struct run_options options = {.sut = sut_load("stack", &why), .seed = 1};
    const struct run_case kase = {.script = script, .nic = nic_kinds[0], .name = name};
    struct run *r = run_new(&kase, &options, &why);
    cr_assert(r, "%s: %s", name, why.text);
    run_play(r, NEVER);
    run_finish(r);
    run_close(r);
    cr_expect_eq(r->verdict.status, said ? RUN_FAILED : RUN_PASSED, "%s\n%s", name,
                 r->verdict.report ? r->verdict.report : "passed");
    if (said)
        cr_expect(r->verdict.report && strstr(r->verdict.report, said), "%s\n%s", name,
                  r->verdict.report);
    run_free(r);
    script_free(script);
}

void script_must_pass(const char *name, const char *text)
{
    play(name, text, NULL);
}

void script_must_fail(const char *name, const char *text, const char *said)
{
    play(name, text, said);
}
