import { createHash } from "node:crypto"
import type { Bill, BillLine } from "@payment-proxy/ports"
import { InDoubt } from "@payment-proxy/ports"
import { Effect, Either, Option, Stream } from "effect"
import { Gunzip } from "fflate"
import type { Place } from "./answers.ts"
import * as BillLines from "./billLines.ts"

type Bytes = Stream.Stream<Uint8Array, InDoubt>

const doubt = (detail: string): InDoubt => new InDoubt({ detail })

const gzipMagic = 0x1f

/** What is inflated at once is at most some thousand times this. */
const pieceBytes = 4096

const inPieces = (file: Bytes): Bytes =>
  Stream.mapConcat(file, (chunk) =>
    Array.from({ length: Math.ceil(chunk.length / pieceBytes) }, (_, at) =>
      chunk.subarray(at * pieceBytes, (at + 1) * pieceBytes)
    )
  )

/** The bytes of a file that may be compressed by gzip, piece by piece. */
export const unzipped = (file: Bytes): Bytes =>
  Stream.suspend(() => {
    let pieces: Array<Uint8Array> = []
    let isZipped: boolean | undefined
    const gunzip = new Gunzip((piece) => pieces.push(piece))
    return Stream.mapConcatEffect(inPieces(file), (chunk) =>
      Effect.try({
        try: (): ReadonlyArray<Uint8Array> => {
          isZipped ??= chunk[0] === gzipMagic
          if (!isZipped) return [chunk]
          pieces = []
          gunzip.push(chunk)
          return pieces
        },
        catch: () => doubt("The bill is not compressed as it says.")
      })
    )
  })

/** The same bytes; after the last of them a failure where their SHA-1 is not `hash`. */
export const hashed = (bytes: Bytes, hash: string): Bytes =>
  Stream.suspend(() => {
    const sha1 = createHash("sha1")
    const check = Stream.execute(
      Effect.suspend(() =>
        sha1.digest("hex") === hash.toLowerCase()
          ? Effect.void
          : doubt("The bill is not what its hash says: fetch it again.")
      )
    )
    return Stream.concat(
      Stream.tap(bytes, (chunk) => Effect.sync(() => sha1.update(chunk))),
      check
    )
  })

const decoded = (bytes: Bytes): Stream.Stream<string, InDoubt> =>
  Stream.suspend(() => {
    const utf8 = new TextDecoder("utf-8", { fatal: true })
    return Stream.mapEffect(bytes, (chunk) =>
      Effect.try({ try: () => utf8.decode(chunk, { stream: true }), catch: () => doubt("The bill is not UTF-8.") })
    )
  })

const maxLineLength = 64 * 1024

/** Lines as they end; one that does not end is not waited for beyond 64 KB. */
const lined = (texts: Stream.Stream<string, InDoubt>): Stream.Stream<string, InDoubt> =>
  Stream.suspend(() => {
    let rest = ""
    const whole = Stream.mapConcatEffect(texts, (text) => {
      const lines = `${rest}${text}`.split(/\r?\n/)
      rest = lines.pop() ?? ""
      return rest.length > maxLineLength ? doubt("A line of the bill does not end.") : Effect.succeed(lines)
    })
    return Stream.concat(
      whole,
      Stream.suspend(() => (rest === "" ? Stream.empty : Stream.make(rest)))
    )
  })

/** The rows between a bill's head and its totals, whose head has no backticks. */
const lines = (of: Bill["of"]) => (all: Stream.Stream<string, InDoubt>) =>
  Stream.suspend(() => {
    let columns: ReadonlyArray<string> | undefined
    let isOver = false
    return Stream.filterMapEffect(all, (line): Option.Option<Effect.Effect<BillLine, InDoubt>> => {
      if (isOver || line.trim() === "") return Option.none()
      if (columns === undefined) {
        columns = BillLines.columnsOf(line)
        return Option.none()
      }
      if (!BillLines.isRow(line)) {
        isOver = true
        return Option.none()
      }
      const read = Either.flatMap(BillLines.rowOf(line, columns), (row) => BillLines.read(row, of))
      return Option.some(Either.isRight(read) ? Effect.succeed(read.right) : Effect.fail(doubt(read.left)))
    })
  })

/** The lines of a bill's file, read as it comes; its hash is over what the file is uncompressed. */
export const read = (file: Bytes, { hash_value }: Place, of: Bill["of"]): Stream.Stream<BillLine, InDoubt> =>
  hashed(unzipped(file), hash_value).pipe(decoded, lined, lines(of))

/** The path and query of a bill's address; the signature of a call is not shown to another host than the configured one. */
export const pathOf = ({ hash_type, download_url }: Place, origin: string): Either.Either<string, InDoubt> => {
  if (hash_type !== "SHA1") return Either.left(doubt("The bill's hash is not SHA1."))
  const at = download_url.slice(origin.length)
  return URL.canParse(download_url) && new URL(download_url).origin === origin && at.startsWith("/")
    ? Either.right(at)
    : Either.left(doubt("The bill lies at another host than the configured one."))
}

const hourMillis = 3_600_000

/** From when on a day without a bill is one without business: they are made until 10 in the morning of the next day, in Beijing (vendors' reference §1d). */
export const readyMillis = (day: string): number => Date.parse(`${day}T00:00:00+08:00`) + 34 * hourMillis
