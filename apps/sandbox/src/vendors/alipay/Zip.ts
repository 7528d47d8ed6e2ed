import { crc32, deflateRawSync } from "node:zlib"

/** A file of an archive; its name as bytes, in whatever charset. */
export interface Entry {
  readonly name: Buffer
  readonly content: Buffer
}

/** The members that the local and the central header share: needs 2.0, no flags (so no UTF-8 names), deflated, 1980-01-01. */
const shared = (entry: Entry, packed: Buffer): Buffer => {
  const head = Buffer.alloc(26)
  head.writeUInt16LE(20, 0)
  head.writeUInt16LE(8, 4)
  head.writeUInt16LE(0x21, 8)
  head.writeUInt32LE(crc32(entry.content), 10)
  head.writeUInt32LE(packed.length, 14)
  head.writeUInt32LE(entry.content.length, 18)
  head.writeUInt16LE(entry.name.length, 22)
  return head
}

const centralOf = (entry: Entry, head: Buffer, offset: number): Buffer => {
  const rest = Buffer.alloc(14)
  rest.writeUInt32LE(offset, 10)
  return Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), head, rest, entry.name])
}

/** A zip archive (APPNOTE 6.3) whose names are as they are given. */
export const zipped = (entries: ReadonlyArray<Entry>): Buffer => {
  const files: Array<Buffer> = []
  const central: Array<Buffer> = []
  let offset = 0
  for (const entry of entries) {
    const packed = deflateRawSync(entry.content)
    const head = shared(entry, packed)
    central.push(centralOf(entry, head, offset))
    const file = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), head, entry.name, packed])
    files.push(file)
    offset += file.length
  }
  const end = Buffer.alloc(22)
  end.write("PK\x05\x06", "latin1")
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(
    central.reduce((sum, { length }) => sum + length, 0),
    12
  )
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...files, ...central, end])
}
