/*
 * What the tests of sim/packet share. Two ends: eth0 (10.0.2.15, 52:55:0a:00:02:0f) is the host
 * under test, peer (10.0.2.2, 52:55:0a:00:02:02) the other. Lines are written with their arrow;
 * frames as hexadecimal digits, blanks free.
 */
#ifndef TESTS_PACKET_RIG_H
#define TESTS_PACKET_RIG_H

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "sim/packet/packet.h"
#include "sim/language/script.h"
#include "sim/base/why.h"

struct rig {
    struct pool *pool;
    struct layer_set *set;
    struct packet_context context;
    struct {
        char name[16];
        struct value value;
    } variable[16];
    int variables;
    uint8_t frame[65550];
    int len;
    uint8_t answered[65550];
    struct packet_verdict verdict;
    char why[1040];
};

extern struct rig rig;

void rig_up(void);
void rig_down(void);

/* Compiles "< ..." or "> ..."; fails the test when it cannot. */
struct packet_spec *line(const char *text);
/* Why a line does not compile: "column: text"; "" when it does. */
const char *complaint(const char *text);
/* Builds an injected line into rig.frame; returns its length, or -1 with rig.why. */
int build(const char *text);
/* Makes the frame of rig.frame the one that is answered. */
void answer_it(void);
/* Puts octets into rig.frame. */
void octets(const char *hex);
/* rig.frame is these octets. */
bool is_frame(const char *hex);
/* Octets of rig.frame from `at`. */
bool has_at(uint32_t at, const char *hex);
/* rig.frame against an expected line; the verdict is in rig.verdict. */
bool matches(const char *text);
/* The frame differs in this field, with these words, and in nothing else. */
bool differs(const char *text, const char *field, const char *expected, const char *actual);
/* rig.frame as text. */
const char *text_of(int detail);
/* compile(print(line)) equals line; and print gives this, when it is not NULL. */
bool prints(const char *text, const char *printed);
/* The frame that a line builds, described at detail 1, builds the same frame again. */
bool comes_back(const char *text);
void set_variable(const char *name, int64_t number);
int64_t variable(const char *name);

#endif
