/*
 * A machine on the bench: one NIC, a piece of guest memory, and the hands of a driver that does
 * exactly what a test says. Every test runs in a process of its own, so the bench is one static
 * value.
 */
#ifndef TESTS_NIC_BENCH_H
#define TESTS_NIC_BENCH_H

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "sim/nic/machine.h"

enum { BENCH_RAM = 256 * 1024, BENCH_FRAMES = 256, BENCH_FRAME_BYTES = 16384 };
#define BENCH_MMIO 0xfeb00000u
#define BENCH_IO   0xc000u

struct bench {
    struct world *world;
    struct machine *machine;
    const struct bus *bus;
    struct nic *nic;
    struct bus_window config, regs, io;
    uint8_t *ram;
    uint64_t ram_at; /* the device's address of ram */
    int sent;
    uint32_t sent_len[BENCH_FRAMES];
    uint8_t (*sent_bytes)[BENCH_FRAME_BYTES];
    int isr_calls;
    void (*on_isr)(void);
};
extern struct bench bench;
extern const uint8_t bench_mac[6];

/* A NIC with BAR 0 or 1 in memory space at BENCH_MMIO, the other at BENCH_IO, everything enabled,
 * no late interrupts. */
void bench_open(const char *kind);
/* The same, before anybody has touched configuration space. */
void bench_open_cold(const char *kind);

uint32_t reg_read(uint32_t off);
void reg_write(uint32_t off, uint32_t value);
uint32_t reg_read_width(uint32_t off, int width);
void reg_write_width(uint32_t off, int width, uint32_t value);

/* Guest memory by offset. */
void ram_put(uint32_t at, const void *bytes, uint32_t len);
void ram_put64(uint32_t at, uint64_t value);
uint32_t ram_get16(uint32_t at);
void give_to_read(uint32_t at, uint32_t len);
void give_to_fill(uint32_t at, uint32_t len);
void take_back(uint32_t at, uint32_t len);
void publish(void);

/* A frame of `len` bytes from 02:00:00:00:00:01 with a payload that counts up. */
void frame_make(uint8_t *frame, const uint8_t dst[6], uint32_t len);
/* Receives; "" when the frame was taken, otherwise the reason. */
const char *receive(const uint8_t *frame, uint32_t len);
const char *receive_to(const uint8_t dst[6], uint32_t len);
uint64_t counter(const char *name);

/* The handler counts its calls and does on_isr. */
void bench_attach_isr(void);
/* The run has not failed, or has failed with this text in the reason. */
void run_is_good(void);
void run_failed(const char *text);

#endif
