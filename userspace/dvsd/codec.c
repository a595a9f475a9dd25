// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Records: little-endian, no padding. See codec.h.
 */
#include "codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *xrealloc(void *data, size_t size)
{
	data = realloc(data, size ? size : 1);
	if (!data) {
		fprintf(stderr, "dvsd: out of memory\n");
		abort();
	}
	return data;
}

void *xalloc(size_t size)
{
	return memset(xrealloc(NULL, size), 0, size);
}

void *xmemdup(const void *data, size_t len)
{
	void *copy = xrealloc(NULL, len);

	if (len)
		memcpy(copy, data, len);
	return copy;
}

char *xstrdup(const char *text)
{
	return xmemdup(text, strlen(text) + 1);
}

void buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){};
}

void put_bytes(struct buf *buf, const void *data, size_t len)
{
	if (buf->len + len > buf->size) {
		buf->size = (buf->len + len) * 2;
		buf->data = xrealloc(buf->data, buf->size);
	}
	if (len)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
}

static void put_integer(struct buf *buf, uint64_t value, size_t len)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < len; i++)
		bytes[i] = value >> (8 * i);
	put_bytes(buf, bytes, len);
}

void put_u8(struct buf *buf, uint8_t value)
{
	put_integer(buf, value, 1);
}

void put_u16(struct buf *buf, uint16_t value)
{
	put_integer(buf, value, 2);
}

void put_u32(struct buf *buf, uint32_t value)
{
	put_integer(buf, value, 4);
}

void put_u64(struct buf *buf, uint64_t value)
{
	put_integer(buf, value, 8);
}

void put_string(struct buf *buf, const char *text)
{
	size_t len = strlen(text);

	if (len > UINT16_MAX)
		len = UINT16_MAX;
	put_u16(buf, len);
	put_bytes(buf, text, len);
}

void reader_init(struct reader *reader, const void *data, size_t len)
{
	reader->at = data;
	reader->end = reader->at + len;
	reader->bad = false;
}

const uint8_t *get_bytes(struct reader *reader, size_t len)
{
	const uint8_t *at = reader->at;

	if (reader->bad || len > (size_t)(reader->end - reader->at)) {
		reader->bad = true;
		return NULL;
	}
	reader->at += len;
	return at;
}

static uint64_t get_integer(struct reader *reader, size_t len)
{
	const uint8_t *bytes = get_bytes(reader, len);
	uint64_t value = 0;

	for (size_t i = 0; bytes && i < len; i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	return value;
}

uint8_t get_u8(struct reader *reader)
{
	return get_integer(reader, 1);
}

uint16_t get_u16(struct reader *reader)
{
	return get_integer(reader, 2);
}

uint32_t get_u32(struct reader *reader)
{
	return get_integer(reader, 4);
}

uint64_t get_u64(struct reader *reader)
{
	return get_integer(reader, 8);
}

void get_string(struct reader *reader, char *text, size_t size)
{
	size_t len = get_u16(reader);
	const uint8_t *bytes = get_bytes(reader, len);

	text[0] = '\0';
	if (!bytes)
		return;
	if (len >= size || memchr(bytes, '\0', len)) {
		reader->bad = true;
		return;
	}
	memcpy(text, bytes, len);
	text[len] = '\0';
}

bool reader_done(const struct reader *reader)
{
	return !reader->bad && reader->at == reader->end;
}

/* FNV-1a; it finds accidents, not attackers. */
uint64_t hash_more(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3ull;
	return hash;
}

uint64_t hash_bytes(const void *data, size_t len)
{
	return hash_more(0xcbf29ce484222325ull, data, len);
}

uint32_t checksum(const void *data, size_t len)
{
	uint64_t hash = hash_bytes(data, len);

	return hash ^ (hash >> 32);
}
