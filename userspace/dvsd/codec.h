/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing and reading the fixed-layout records of messages, log entries and
 * snapshots: little-endian, no padding, the same bytes on every node.
 */
#ifndef DVSD_CODEC_H
#define DVSD_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing buffer. Memory that runs out ends the program (xalloc()). */
struct buf {
	uint8_t *data;
	size_t len;
	size_t size;
};

void buf_free(struct buf *buf);
void put_u8(struct buf *buf, uint8_t value);
void put_u16(struct buf *buf, uint16_t value);
void put_u32(struct buf *buf, uint32_t value);
void put_u64(struct buf *buf, uint64_t value);
void put_bytes(struct buf *buf, const void *data, size_t len);
/* Length (16 bits), then the bytes. */
void put_string(struct buf *buf, const char *text);

/*
 * A record being read. What is not there reads as 0 and sets @bad, so that a
 * reader checks once, at the end.
 */
struct reader {
	const uint8_t *at;
	const uint8_t *end;
	bool bad;
};

void reader_init(struct reader *reader, const void *data, size_t len);
uint8_t get_u8(struct reader *reader);
uint16_t get_u16(struct reader *reader);
uint32_t get_u32(struct reader *reader);
uint64_t get_u64(struct reader *reader);
/* @len bytes inside the record, or NULL. */
const uint8_t *get_bytes(struct reader *reader, size_t len);
/* A string of less than @size bytes without NUL, to @text. */
void get_string(struct reader *reader, char *text, size_t size);
/* Everything was there and nothing is left. */
bool reader_done(const struct reader *reader);

uint64_t hash_bytes(const void *data, size_t len);
uint64_t hash_more(uint64_t hash, const void *data, size_t len);
uint32_t checksum(const void *data, size_t len);

void *xalloc(size_t size);
void *xrealloc(void *data, size_t size);
char *xstrdup(const char *text);
void *xmemdup(const void *data, size_t len);

static inline void cleanup_buf(struct buf *buf)
{
	buf_free(buf);
}
#define AUTO_BUF __attribute__((cleanup(cleanup_buf))) struct buf

#endif /* DVSD_CODEC_H */
