/* Files of chunks as the emulator takes them; where things are in a record is told by the compiler's command line. */
#ifndef RECORD_H
#define RECORD_H

enum { ETHERNET = 14 };

typedef struct {
  uint8_t *bytes;
  size_t length;
} Records;

/* What packets leave with, by direction: gateway and node as in network.ts. */
static const uint8_t link_headers[2][12] = {
  {2, 0, 0, 0, 0, 0xa1, 2, 0, 0, 0, 0, 0x11},
  {2, 0, 0, 0, 0, 0xa0, 2, 0, 0, 0, 0, 0x10},
};

static inline uint32_t record_size(const uint8_t *record) {
  uint32_t size;
  memcpy(&size, record + RECORD_SIZE_AT, 4);
  return size;
}

static inline uint32_t record_time(const uint8_t *record) {
  uint32_t time;
  memcpy(&time, record + RECORD_TIME_AT, 4);
  return time;
}

static Records read_records(const char *name) {
  FILE *file = fopen(name, "rb");
  if (!file) exit(2);
  fseek(file, 0, SEEK_END);
  Records records = {NULL, (size_t)ftell(file)};
  rewind(file);
  records.bytes = malloc(records.length + 64);
  if (fread(records.bytes, 1, records.length, file) != records.length) exit(2);
  fclose(file);
  return records;
}

static uint64_t cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
