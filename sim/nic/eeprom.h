/*
 * A 93C46: 64 words of 16 bits behind four wires (chip select, clock, data in, data out), the
 * configuration memory of both the 82540EM and the RTL8139.
 */
#ifndef SIM_NIC_EEPROM_H
#define SIM_NIC_EEPROM_H

#include <stdbool.h>
#include <stdint.h>

enum { EEPROM_WORDS = 64 };

struct eeprom {
    uint16_t words[EEPROM_WORDS];
    bool select, clock, out, write_enabled;
    uint8_t bits; /* clocked in since the start bit */
    bool started;
    uint8_t command; /* two bits of opcode, six of address */
    uint16_t shift;  /* data on its way in or out */
};

/* The levels of the wires from now on; `out` is what the chip answers. */
void eeprom_wires(struct eeprom *e, bool select, bool clock, bool in);

#endif
