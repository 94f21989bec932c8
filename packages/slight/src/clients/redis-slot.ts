/** The part of a key that a cluster hashes: what stands in the first braces, or else all of it. */
export function hashedPart(key: string): string {
  const open = key.indexOf('{');
  const close = open === -1 ? -1 : key.indexOf('}', open + 1);
  return close > open + 1 ? key.slice(open + 1, close) : key;
}

/** Of a byte, bit by bit. */
const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0);
  return crc;
});

export const slotCount = 16_384;

/** CRC-16 (XMODEM) modulo 16,384: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec */
export function slotOf(text: string): number {
  let crc = 0;
  for (const byte of Buffer.from(text)) crc = ((crc << 8) ^ table[((crc >> 8) ^ byte) & 0xff]!) & 0xffff;
  return crc % slotCount;
}
