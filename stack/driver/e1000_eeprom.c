/* Where an E1000 keeps its MAC address. */
#include "stack/driver/e1000_private.h"

bool e1000_eeprom_word(const struct e1000 *d, uint32_t at, uint16_t *word)
{
    e1000_write(d, E1000_EERD, E1000_EERD_START | at << 8);
    for (int spin = 0; spin < E1000_SPINS; spin++) {
        uint32_t answer = e1000_read(d, E1000_EERD);
        if (answer == UINT32_MAX)
            return false; /* the card is gone */
        if (answer & E1000_EERD_DONE) {
            *word = (uint16_t)(answer >> 16);
            return true;
        }
    }
    return false;
}

static bool usable(const uint8_t mac[NETIF_MAC_BYTES])
{
    uint32_t any = 0;
    for (int i = 0; i < NETIF_MAC_BYTES; i++)
        any |= mac[i];
    return any != 0 && !(mac[0] & 1);
}

/* Words 0 to 2 hold the address, little-endian; words 0 to 63 add up to 0xbaba. */
static bool mac_from_eeprom(const struct e1000 *d, uint8_t mac[NETIF_MAC_BYTES])
{
    uint16_t sum = 0;
    for (uint32_t at = 0; at < E1000_EEPROM_WORDS; at++) {
        uint16_t word;
        if (!e1000_eeprom_word(d, at, &word))
            return false;
        sum = (uint16_t)(sum + word);
        if (at < NETIF_MAC_BYTES / 2) {
            mac[2 * at] = (uint8_t)word;
            mac[2 * at + 1] = (uint8_t)(word >> 8);
        }
    }
    return sum == E1000_EEPROM_SUM && usable(mac);
}

/* The card copies its EEPROM's address there when it is reset; a hypervisor without EEPROM fills
 * them in. */
static bool mac_from_receive_address(const struct e1000 *d, uint8_t mac[NETIF_MAC_BYTES])
{
    uint32_t low = e1000_read(d, E1000_RAL0), high = e1000_read(d, E1000_RAH0);
    for (int i = 0; i < 4; i++)
        mac[i] = (uint8_t)(low >> (8 * i));
    mac[4] = (uint8_t)high;
    mac[5] = (uint8_t)(high >> 8);
    return (high & E1000_RAH_AV) && usable(mac);
}

bool e1000_read_mac(struct e1000 *d, uint8_t mac[NETIF_MAC_BYTES])
{
    if (mac_from_eeprom(d, mac))
        return true;
    d->counter[E1000_EEPROM_BAD]++;
    return mac_from_receive_address(d, mac);
}
