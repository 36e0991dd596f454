#include "sim/nic/eeprom.h"

/* Microwire: a 1 starts a command; two bits say which, six give the address; data follow, high bit
 * first. */
enum { OP_EXTENDED, OP_WRITE, OP_READ, OP_ERASE, COMMAND_BITS = 8, WORD_BITS = 16 };
enum { EXTENDED_DISABLE = 0, EXTENDED_ENABLE = 3 };

static unsigned opcode(const struct eeprom *e)
{
    return e->command >> 6;
}

static unsigned address(const struct eeprom *e)
{
    return e->command & 0x3f;
}

static void command_complete(struct eeprom *e)
{
    switch (opcode(e)) {
    case OP_READ:
        e->shift = e->words[address(e)];
        e->out = false; /* the dummy 0 before the data */
        break;
    case OP_EXTENDED:
        if (address(e) >> 4 == EXTENDED_ENABLE)
            e->write_enabled = true;
        else if (address(e) >> 4 == EXTENDED_DISABLE)
            e->write_enabled = false;
        break;
    default:
        break;
    }
}

/* Reading goes on into the next word for as long as the clock runs. */
static void shift_out(struct eeprom *e)
{
    e->out = e->shift >> 15;
    e->shift = (uint16_t)(e->shift << 1);
    if (e->bits == COMMAND_BITS + WORD_BITS) {
        e->bits = COMMAND_BITS;
        e->command = (uint8_t)((e->command & 0xc0) | ((address(e) + 1) & 0x3f));
        e->shift = e->words[address(e)];
    }
}

static void clock_rises(struct eeprom *e, bool in)
{
    if (!e->started) {
        e->started = in;
        return;
    }
    if (e->bits < COMMAND_BITS + WORD_BITS)
        e->bits++;
    if (e->bits <= COMMAND_BITS) {
        e->command = (uint8_t)(e->command << 1 | in);
        if (e->bits == COMMAND_BITS)
            command_complete(e);
    } else if (opcode(e) == OP_READ) {
        shift_out(e);
    } else {
        e->shift = (uint16_t)(e->shift << 1 | in);
    }
}

/* Programming begins when the select falls, and is over at once. */
static void deselected(struct eeprom *e)
{
    if (e->write_enabled && opcode(e) == OP_WRITE && e->bits == COMMAND_BITS + WORD_BITS)
        e->words[address(e)] = e->shift;
    if (e->write_enabled && opcode(e) == OP_ERASE && e->bits >= COMMAND_BITS)
        e->words[address(e)] = 0xffff;
}

void eeprom_wires(struct eeprom *e, bool select, bool clock, bool in)
{
    if (e->select && !select)
        deselected(e);
    if (!e->select && select) {
        e->started = false;
        e->bits = 0;
        e->command = 0;
        e->shift = 0;
    }
    if (!select)
        e->out = true; /* not driven: the pull-up wins */
    else if (clock && !e->clock)
        clock_rises(e, in);
    e->select = select;
    e->clock = clock;
}
