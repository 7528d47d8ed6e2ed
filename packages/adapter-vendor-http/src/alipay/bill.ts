import type { Bill, BillLine } from "@payment-proxy/ports"
import { InDoubt } from "@payment-proxy/ports"
import { parse } from "csv-parse/sync"
import { Either, Stream } from "effect"
import { Unzip, type UnzipFile, UnzipInflate } from "fflate"
import * as Columns from "./columns.ts"

type Lines = Array<BillLine>

/** No line is longer; one that is, is none. */
const maxLineLength = 65_536

const isLine = (line: string): boolean => line.trim() !== "" && !line.startsWith("#")

const rowsOf = (text: string): Either.Either<ReadonlyArray<ReadonlyArray<string>>, string> => {
  const lines = text.split("\n").filter(isLine)
  return Either.filterOrLeft(
    Either.try({
      try: () => parse(lines.join("\n"), { relax_quotes: true, relax_column_count: true, trim: true }),
      catch: () => "The bill has a line that is not CSV."
    }),
    // A quote that is not closed would swallow the lines behind it.
    (rows) => rows.length === lines.length,
    () => "The bill has a line that is not CSV."
  )
}

/** One file of a bill: CSV in GBK, with lines about the file itself that begin with `#`. */
class Table {
  readonly #of: Bill["of"]
  readonly #decoder = new TextDecoder("gbk")
  #rest = ""
  #names: ReadonlyArray<string> | undefined

  constructor(of: Bill["of"]) {
    this.#of = of
  }

  /** Whether it has the lines of the bill: a file of sums lies beside it. */
  get isDetails(): boolean {
    const names = this.#names
    return names !== undefined && Columns.needed[this.#of].every((name) => names.includes(name))
  }

  read(bytes: Uint8Array, isLast: boolean): Either.Either<Lines, string> {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: !isLast })
    const end = isLast ? text.length : text.lastIndexOf("\n") + 1
    this.#rest = text.slice(end)
    return this.#rest.length > maxLineLength
      ? Either.left("The bill has a line that is too long.")
      : Either.flatMap(rowsOf(text.slice(0, end)), (rows) => this.#linesOf(rows))
  }

  #linesOf(rows: ReadonlyArray<ReadonlyArray<string>>): Either.Either<Lines, string> {
    const [first, ...others] = rows
    const values = this.#names === undefined ? others : rows
    this.#names ??= first?.map(Columns.nameOf)
    const names = this.#names
    if (names === undefined || !this.isDetails) return Either.right([])
    return Either.all(
      values.map((row) =>
        row.length === names.length
          ? Columns.read[this.#of]((column) => row[names.indexOf(column)] ?? "")
          : Either.left("The bill has a line with more or fewer values than columns.")
      )
    )
  }
}

/** What is inflated at once is at most some thousand times this. */
const pieceBytes = 4096

/** A bill as it comes: a ZIP, of which nothing is kept but the line that is not whole yet. */
class Archive {
  readonly #unzip: Unzip
  readonly #of: Bill["of"]
  #lines: Lines = []
  #fault: string | undefined
  #openFiles = 0
  #isFound = false

  constructor(of: Bill["of"]) {
    this.#of = of
    this.#unzip = new Unzip((file) => this.#start(file))
    this.#unzip.register(UnzipInflate)
  }

  #start(file: UnzipFile): void {
    const table = new Table(this.#of)
    this.#openFiles += 1
    file.ondata = (error, bytes, isLast) => {
      if (error !== null) this.#fault = "The bill's ZIP cannot be read."
      if (this.#fault !== undefined) return
      const lines = table.read(bytes, isLast)
      if (Either.isLeft(lines)) this.#fault = lines.left
      else for (const line of lines.right) this.#lines.push(line)
      this.#isFound ||= table.isDetails
      if (isLast) this.#openFiles -= 1
    }
    file.start()
  }

  push(bytes: Uint8Array): Either.Either<Lines, InDoubt> {
    for (let at = 0; at < bytes.length && this.#fault === undefined; at += pieceBytes)
      this.#unzipped(bytes.subarray(at, at + pieceBytes), false)
    return this.#taken()
  }

  end(): Either.Either<Lines, InDoubt> {
    this.#unzipped(new Uint8Array(), true)
    if (this.#openFiles > 0) this.#fault ??= "The bill's ZIP breaks off."
    if (!this.#isFound) this.#fault ??= "The bill's ZIP has no file with the bill's columns."
    return this.#taken()
  }

  #unzipped(bytes: Uint8Array, isLast: boolean): void {
    if (Either.isLeft(Either.try(() => this.#unzip.push(bytes, isLast)))) this.#fault ??= "The bill's ZIP breaks off."
  }

  #taken(): Either.Either<Lines, InDoubt> {
    const lines = this.#lines
    this.#lines = []
    return this.#fault === undefined ? Either.right(lines) : Either.left(new InDoubt({ detail: this.#fault }))
  }
}

/** The lines of a bill that comes as a ZIP of CSV in GBK; it fails in doubt where it is not one, or breaks off. */
export const lines = <E>(file: Stream.Stream<Uint8Array, E>, of: Bill["of"]): Stream.Stream<BillLine, E | InDoubt> =>
  Stream.suspend(() => {
    const archive = new Archive(of)
    return file.pipe(
      Stream.mapEffect((bytes) => archive.push(bytes)),
      Stream.concat(Stream.suspend(() => Stream.fromEffect(archive.end()))),
      Stream.flattenIterables
    )
  })

const hourMillis = 3_600_000

/** When a day's bill is sure to be there, if it will ever be: they are ready about 9 in the morning of the next day. */
export const readyMillis = (dayMillis: number): number => dayMillis + 34 * hourMillis
