/*
 * From the records of a pcapng to keys: what the emulator's reader does (assembly/capture), in C. Blocks are checked as it checks
 * them, frames and headers likewise; of each packet a record is written with its time, place, lengths and the hash of its tuple.
 *
 *   records FILE MAC...
 *
 * FILE: little-endian, times in nanoseconds. MAC: address of the node at each interface, as a number of 48 bits in the order of
 * memory. Each line of standard input is a command: `run` reads FILE and answers its CPU time in nanoseconds, `check` answers the
 * number of packets and the sum of the keys.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PIECE = 128 * 1024, ETHERNET = 14, IPV4 = 20, LIMIT = 256 * 1024, MTU = 1500, MOST_INTERFACES = 16 };

typedef struct {
  uint64_t time, key;
  const uint8_t *frame;
  uint32_t number, source, mac_length, length, captured, size, device, piece;
  uint8_t family, packet_type, aggregate, partial, was_sent, direction, is_rejected;
} Record;

static uint64_t macs[MOST_INTERFACES];
static uint32_t interface_count;
static Record records[PIECE / 16 + 1];
static uint8_t *bytes;
static size_t length;

static inline uint16_t load16(const void *at) { uint16_t v; memcpy(&v, at, 2); return v; }
static inline uint32_t load32(const void *at) { uint32_t v; memcpy(&v, at, 4); return v; }
static inline uint64_t load64(const void *at) { uint64_t v; memcpy(&v, at, 8); return v; }

static inline uint64_t hash_tuple(uint64_t addresses, uint32_t ports, uint32_t protocol) {
  uint64_t mixed = addresses * 0x9e3779b97f4a7c15u;
  mixed ^= mixed >> 32;
  mixed = (mixed ^ ((uint64_t)protocol << 32 | ports)) * 0xd6e8feb86659fd93u;
  mixed ^= mixed >> 29;
  mixed *= 0x9e3779b97f4a7c15u;
  return mixed ^ mixed >> 32;
}

static inline uint32_t fold(uint32_t sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  return (sum & 0xffff) + (sum >> 16);
}

/* Is the checksum only the sum over the pseudo-header, or the packet longer than its device takes? */
static inline int shows_offload(const uint8_t *ip, uint32_t captured, uint32_t wire) {
  if (captured < IPV4 || load16(ip + 6) & 0xff3f) return 0;
  uint32_t stated = __builtin_bswap16(load16(ip + 2)), size = stated ? stated : wire, offset = (ip[0] & 15) << 2;
  if ((size < wire ? size : wire) > MTU || size < offset) return 1;
  uint32_t field = ip[9] == 6 ? offset + 16 : ip[9] == 17 || ip[9] == 136 ? offset + 6 : 0;
  if (!field || field + 2 > captured) return 0;
  uint64_t addresses = load64(ip + 12), halves = (addresses & 0xffffffff) + (addresses >> 32);
  uint32_t sum = (halves & 0xffff) + ((halves >> 16) & 0xffff) + (uint32_t)(halves >> 32), transport = size - offset;
  sum += (uint32_t)ip[9] << 8;
  sum += __builtin_bswap16(transport) + __builtin_bswap16(transport >> 16);
  return fold(sum) == load16(ip + field);
}

/* Packet blocks from `at` on, up to the first that begins behind `end`. @returns records that are input. */
static uint32_t read_blocks(const uint8_t **at, const uint8_t *end, uint32_t *number) {
  uint32_t count = 0;
  const uint8_t *block = *at, *stop = bytes + length;
  while (block < end) {
    uint32_t type = load32(block), total = load32(block + 4);
    if (total < 16 || total & 3 || total > (size_t)(stop - block) || load32(block + total - 4) != total) exit(3);
    const uint8_t *next = block + total;
    if (type == 6) {
      uint32_t source = load32(block + 8), captured = load32(block + 20), wire = load32(block + 24);
      if (source >= interface_count || captured > LIMIT || 28 + ((captured + 3) & ~3u) > total - 4) exit(3);
      const uint8_t *frame = block + 28, *ip = frame + ETHERNET;
      ++*number;
      int is_ours = (load64(frame + 6) & 0xffffffffffff) == macs[source];
      if (wire < captured) wire = captured;
      int is_plain = captured >= ETHERNET + 24 && load16(frame + 12) == 0x0008 && !is_ours;
      if (is_plain && !shows_offload(ip, captured - ETHERNET, wire - ETHERNET)) {
        Record *record = &records[count++];
        *record = (Record){.time = (uint64_t)load32(block + 12) << 32 | load32(block + 16), .frame = frame, .number = *number,
          .source = source, .mac_length = ETHERNET, .length = wire - ETHERNET, .captured = captured - ETHERNET,
          .size = sizeof(Record), .device = source + 2, .family = 4};
        uint32_t ports = load32(ip + ((ip[0] & 15) << 2));
        if (ip[9] == 6 || ip[9] == 17) record->key = hash_tuple(load64(ip + 12), ports, ip[9]);
      }
    }
    block = next;
  }
  *at = block;
  return count;
}

static uint64_t cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  for (int i = 2; i < argc && interface_count < MOST_INTERFACES; i++) macs[interface_count++] = strtoull(argv[i], NULL, 10);
  FILE *file = fopen(argv[1], "rb");
  if (!file) return 2;
  fseek(file, 0, SEEK_END);
  length = (size_t)ftell(file);
  rewind(file);
  bytes = malloc(length + 64);
  if (fread(bytes, 1, length, file) != length) return 2;
  fclose(file);
  char command[16];
  while (scanf("%15s", command) == 1) {
    int is_checked = !strcmp(command, "check");
    uint64_t before = cpu_ns(), sum = 0, packets = 0;
    uint32_t number = 0;
    const uint8_t *at = bytes;
    for (size_t end = PIECE; at < bytes + length; end += PIECE) {
      uint32_t count = read_blocks(&at, end < length ? bytes + end : bytes + length, &number);
      packets += count;
      if (is_checked) for (uint32_t i = 0; i < count; i++) sum += records[i].key;
      else __asm__ volatile("" : : "r"(records) : "memory");
    }
    if (is_checked) printf("%llu %llu\n", (unsigned long long)packets, (unsigned long long)sum);
    else printf("%llu\n", (unsigned long long)(cpu_ns() - before));
    fflush(stdout);
  }
  return 0;
}
