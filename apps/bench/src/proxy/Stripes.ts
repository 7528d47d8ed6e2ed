/** Bytes that are known by where they stand: the period is prime, so that no piece that is lost or doubled goes unseen. */
const period = 65_521
const pieceBytes = 65_536
const stripes = Buffer.alloc(period + pieceBytes)
for (let at = 0; at < stripes.length; at++) stripes[at] = (at % period) * 31

/** The bytes from `at` on, at most so many as one piece has. */
const from = (at: number, length: number): Buffer => {
  const start = at % period
  return stripes.subarray(start, start + Math.min(length, pieceBytes))
}

/** So many bytes, piece by piece. */
export function* all(length: number): Generator<Buffer> {
  for (let at = 0; at < length; at += pieceBytes) yield from(at, length - at)
}

/** How many bytes came; fails at the first one that is wrong. */
export const count = async (stream: AsyncIterable<Buffer>): Promise<number> => {
  let received = 0
  for await (const chunk of stream)
    for (let at = 0; at < chunk.length; ) {
      const expected = from(received, chunk.length - at)
      if (expected.compare(chunk, at, at + expected.length) !== 0)
        throw new Error(`A byte is wrong after ${received} of them.`)
      at += expected.length
      received += expected.length
    }
  return received
}
