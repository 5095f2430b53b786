/*
 * The least that the emulator's job takes on packets of connections to services, as C does it with staged prefetch: records of
 * a chunk, header checks, one look-up for both directions, counters, a TCP state, rewriting by incremental checksums, headers and
 * verdict out. No hooks, rules, windows, timeouts, routing.
 *
 *   core-path FLOWS SERVICES OPENING TIMED
 *
 * FLOWS: how many at most. SERVICES: lines "address port backend:port ...", numbers. OPENING, TIMED: records of chunks.
 * Each line of standard input is a command: `new` forgets all flows, `open` runs OPENING, `run` runs TIMED and answers its CPU
 * time in nanoseconds, `check` runs TIMED and answers packets and accumulator.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <emmintrin.h>

#include "record.h"

enum { BATCH = 64, OUTPUTS = 1 << 16, HEADER_BYTES = 60, STATES = 8 };

typedef struct {
  uint32_t source, destination, ports;
} Tuple;

typedef struct {
  Tuple tuple[2];
  uint64_t bytes[2];
  uint32_t packets[2];
  uint32_t last_seen;
  /* What the original direction's rewrite adds to the checksums; the reply's is the complement. */
  uint16_t ip_change, tcp_change;
  uint8_t state, used;
} __attribute__((aligned(64))) Flow;

typedef struct {
  uint16_t tag[8];
  uint32_t flow[8]; /* number << 1 | direction */
  uint32_t next;    /* bucket that goes on, 0: none */
} __attribute__((aligned(64))) Bucket;

typedef struct {
  uint32_t address, port, count, turn;
  uint32_t *backend_address, *backend_port;
} Service;

static Flow *flows;
static Bucket *buckets;
static uint32_t bucket_mask, bucket_total, bucket_next, flow_limit, flow_count;
static Service *services;
static uint32_t service_count, *service_slots, service_mask;
static uint8_t transitions[STATES][256];
static uint8_t outputs[OUTPUTS][64] __attribute__((aligned(64)));
static uint64_t verdicts[OUTPUTS];
static uint32_t sent;
static uint32_t accumulator;

static inline uint32_t load32(const void *at) { uint32_t v; memcpy(&v, at, 4); return v; }
static inline uint16_t load16(const void *at) { uint16_t v; memcpy(&v, at, 2); return v; }
static inline void store32(void *at, uint32_t v) { memcpy(at, &v, 4); }
static inline void store16(void *at, uint16_t v) { memcpy(at, &v, 2); }

static inline uint64_t hash_tuple(uint32_t source, uint32_t destination, uint32_t ports) {
  uint64_t h = ((uint64_t)source << 32 | destination) * 0x9e3779b97f4a7c15u;
  h = ((h ^ h >> 32) ^ ports) * 0xd6e8feb86659fd93u;
  return h ^ h >> 29;
}

static inline uint16_t tag_of(uint64_t hash) { return (uint16_t)(hash >> 48) | 1; }

static inline uint32_t find(const Bucket *bucket, uint64_t hash, uint32_t source, uint32_t destination, uint32_t ports) {
  const __m128i tag = _mm_set1_epi16((short)tag_of(hash));
  for (;;) {
    uint32_t hits = _mm_movemask_epi8(_mm_cmpeq_epi16(_mm_load_si128((const __m128i *)bucket->tag), tag));
    while (hits) {
      uint32_t at = __builtin_ctz(hits) >> 1;
      hits &= ~(3u << (at * 2));
      const Tuple *tuple = &flows[bucket->flow[at] >> 1].tuple[bucket->flow[at] & 1];
      if (tuple->source == source && tuple->destination == destination && tuple->ports == ports) return bucket->flow[at];
    }
    if (!bucket->next) return 0;
    bucket = &buckets[bucket->next];
  }
}

static void insert(const Tuple *tuple, uint32_t reference) {
  uint64_t hash = hash_tuple(tuple->source, tuple->destination, tuple->ports);
  Bucket *bucket = &buckets[hash & bucket_mask];
  for (;;) {
    for (int at = 0; at < 8; at++) {
      if (bucket->tag[at]) continue;
      bucket->tag[at] = tag_of(hash);
      bucket->flow[at] = reference;
      return;
    }
    if (!bucket->next) bucket->next = bucket_next++;
    bucket = &buckets[bucket->next];
  }
}

static inline uint16_t fold(uint32_t sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  return (sum & 0xffff) + (sum >> 16);
}

/* RFC 1624, equation 3. */
static inline uint16_t adjust(uint16_t checksum, uint32_t change) { return ~fold((uint16_t)~checksum + change); }

static uint32_t change32(uint32_t from, uint32_t to) { return (uint16_t)~from + (uint16_t)~(from >> 16) + (to & 0xffff) + (to >> 16); }

static Service *service_of(uint32_t address, uint32_t port) {
  uint32_t slot = (address * 0x9e3779b1u ^ port * 0x85ebca6bu) & service_mask;
  for (;; slot = (slot + 1) & service_mask) {
    uint32_t number = service_slots[slot];
    if (!number) return NULL;
    if (services[number - 1].address == address && services[number - 1].port == port) return &services[number - 1];
  }
}

static uint32_t create(uint32_t source, uint32_t destination, uint32_t ports) {
  Service *service = service_of(destination, ports >> 16);
  if (!service || flow_count == flow_limit) return 0;
  uint32_t turn = service->turn++;
  if (service->turn == service->count) service->turn = 0;
  uint32_t number = ++flow_count;
  Flow *flow = &flows[number];
  uint32_t address = service->backend_address[turn], port = service->backend_port[turn];
  flow->tuple[0] = (Tuple){source, destination, ports};
  flow->tuple[1] = (Tuple){address, source, port | ports << 16};
  flow->ip_change = fold(change32(destination, address));
  flow->tcp_change = fold(change32(destination, address) + (uint16_t)~(ports >> 16) + port);
  flow->state = 0;
  insert(&flow->tuple[0], number << 1);
  insert(&flow->tuple[1], number << 1 | 1);
  return number << 1;
}

static inline void act(const uint8_t *frame, uint32_t time, uint32_t reference) {
  Flow *flow = &flows[reference >> 1];
  uint32_t reply = reference & 1;
  const uint8_t *ip = frame + ETHERNET, *tcp = ip + 20;
  flow->packets[reply]++;
  flow->bytes[reply] += __builtin_bswap16(load16(ip + 2));
  flow->last_seen = time;
  flow->state = transitions[flow->state][tcp[13]];
  uint8_t *out = outputs[sent & (OUTPUTS - 1)];
  memcpy(out, frame, HEADER_BYTES);
  memcpy(out, link_headers[reply], 12);
  out[ETHERNET + 8]--;
  const Tuple *other = &flow->tuple[reply ^ 1];
  if (reply) {
    store32(out + ETHERNET + 12, other->destination);
    store16(out + ETHERNET + 20, other->ports >> 16);
  } else {
    store32(out + ETHERNET + 16, other->source);
    store16(out + ETHERNET + 22, other->ports & 0xffff);
  }
  uint32_t ip_change = reply ? (uint16_t)~flow->ip_change : flow->ip_change;
  uint32_t tcp_change = reply ? (uint16_t)~flow->tcp_change : flow->tcp_change;
  /* One hop less: the first byte of the word, in network order. */
  store16(out + ETHERNET + 10, adjust(load16(ip + 10), ip_change + 0xfffe));
  store16(out + ETHERNET + 36, adjust(load16(tcp + 16), tcp_change));
  verdicts[sent & (OUTPUTS - 1)] = (uint64_t)reference << 32 | 1;
  sent++;
}

static inline int is_plain(const uint8_t *frame) {
  return load16(frame + 12) == 0x0008 && frame[ETHERNET] == 0x45 && frame[ETHERNET + 9] == 6;
}

typedef struct {
  const uint8_t *frame;
  uint64_t hash;
  uint32_t source, destination, ports, time;
} Staged;

static void process(const Records *records, int is_checked) {
  Staged staged[BATCH];
  size_t at = 0;
  while (at < records->length) {
    uint32_t count = 0;
    for (; count < BATCH && at < records->length; at += record_size(records->bytes + at)) {
      const uint8_t *record = records->bytes + at, *frame = record + RECORD_HEADER;
      if (!is_plain(frame)) continue;
      Staged *s = &staged[count++];
      *s = (Staged){frame, 0, load32(frame + ETHERNET + 12), load32(frame + ETHERNET + 16), load32(frame + ETHERNET + 20), record_time(record)};
      s->hash = hash_tuple(s->source, s->destination, s->ports);
      __builtin_prefetch(&buckets[s->hash & bucket_mask]);
    }
    for (uint32_t i = 0; i < count; i++) {
      const Bucket *bucket = &buckets[staged[i].hash & bucket_mask];
      const __m128i tag = _mm_set1_epi16((short)tag_of(staged[i].hash));
      uint32_t hits = _mm_movemask_epi8(_mm_cmpeq_epi16(_mm_load_si128((const __m128i *)bucket->tag), tag));
      if (hits) __builtin_prefetch(&flows[bucket->flow[__builtin_ctz(hits) >> 1] >> 1], 1);
    }
    for (uint32_t i = 0; i < count; i++) {
      Staged *s = &staged[i];
      uint32_t found = find(&buckets[s->hash & bucket_mask], s->hash, s->source, s->destination, s->ports);
      if (!found) found = create(s->source, s->destination, s->ports);
      if (!found) continue;
      act(s->frame, s->time, found);
      if (!is_checked) continue;
      const uint8_t *out = outputs[(sent - 1) & (OUTPUTS - 1)];
      for (int word = 0; word < HEADER_BYTES; word += 4) accumulator = (accumulator ^ load32(out + word)) * 0x01000193u;
    }
  }
}

static void forget(void) {
  memset(flows, 0, sizeof(Flow) * (flow_limit + 1));
  memset(buckets, 0, sizeof(Bucket) * bucket_total);
  bucket_next = bucket_mask + 1;
  flow_count = 0;
  sent = 0;
  for (uint32_t i = 0; i < service_count; i++) services[i].turn = 0;
}

static uint8_t next_state(int state, int flags) {
  if (flags & 4) return 7;
  if (flags & 1) return state + 1 < 6 ? state + 1 : 6;
  if (flags & 2) return state > 1 ? state : 1;
  return state > 3 ? state : 3;
}

static void read_services(const char *name) {
  FILE *file = fopen(name, "r");
  if (!file) exit(2);
  services = calloc(1 << 16, sizeof(Service));
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, file) > 0) {
    Service *service = &services[service_count];
    char *at = line;
    service->address = __builtin_bswap32(strtoul(at, &at, 10));
    service->port = __builtin_bswap16(strtoul(at, &at, 10));
    service->backend_address = malloc(1024 * 4);
    service->backend_port = malloc(1024 * 4);
    while (*at == ' ') {
      service->backend_address[service->count] = __builtin_bswap32(strtoul(at, &at, 10));
      service->backend_port[service->count++] = __builtin_bswap16(strtoul(at + 1, &at, 10));
    }
    service_count++;
  }
  fclose(file);
  service_mask = 1;
  while (service_mask < service_count * 4) service_mask <<= 1;
  service_slots = calloc(service_mask--, 4);
  for (uint32_t i = 0; i < service_count; i++) {
    uint32_t slot = (services[i].address * 0x9e3779b1u ^ services[i].port * 0x85ebca6bu) & service_mask;
    while (service_slots[slot]) slot = (slot + 1) & service_mask;
    service_slots[slot] = i + 1;
  }
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  flow_limit = strtoul(argv[1], NULL, 10);
  read_services(argv[2]);
  Records opening = read_records(argv[3]), timed = read_records(argv[4]);
  bucket_mask = 1;
  while (bucket_mask * 6 < flow_limit * 2) bucket_mask <<= 1;
  bucket_total = bucket_mask * 2;
  bucket_mask--;
  buckets = aligned_alloc(64, sizeof(Bucket) * (size_t)bucket_total);
  flows = aligned_alloc(64, sizeof(Flow) * ((size_t)flow_limit + 1));
  for (int state = 0; state < STATES; state++) for (int flags = 0; flags < 256; flags++) transitions[state][flags] = next_state(state, flags);
  forget();
  char command[16];
  while (scanf("%15s", command) == 1) {
    uint64_t before = cpu_ns();
    if (!strcmp(command, "new")) forget();
    else if (!strcmp(command, "open")) process(&opening, 0);
    else if (!strcmp(command, "run")) process(&timed, 0);
    else if (!strcmp(command, "check")) {
      accumulator = 0;
      uint32_t first = sent;
      process(&timed, 1);
      printf("%u %u\n", sent - first, accumulator);
      fflush(stdout);
      continue;
    }
    printf("%llu\n", (unsigned long long)(cpu_ns() - before));
    fflush(stdout);
  }
  return accumulator == 0x5eed ? 1 : 0;
}
