/* What every freestanding guest here shares: types, an arena, text. No libc. */
#ifndef GUEST_H
#define GUEST_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

/* A string or a list of bytes, as the canonical ABI lays it out. */
typedef struct { u8 *at; u32 length; } bytes;

#define TEXT(literal) ((bytes){(u8 *)(literal), sizeof(literal) - 1})

/* The arena grows upwards from the end of the data; forget_all gives everything back after a call. */
void *allocate(u32 size, u32 alignment);
void forget_all(void);

int same(bytes one, bytes other);
int starts(bytes text, bytes with);
bytes join(bytes one, bytes other);
bytes decimal(u64 number);

#endif
