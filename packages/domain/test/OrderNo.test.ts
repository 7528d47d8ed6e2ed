import { OrderNo } from "@payment-proxy/domain"
import { Either, FastCheck, Schema } from "effect"
import { describe, expect, it } from "vitest"

const seed = 4217
const bytes = FastCheck.uint8Array({ minLength: 10, maxLength: 16 })
const shards = FastCheck.integer({ min: 0, max: OrderNo.shards - 1 })
const times = FastCheck.integer({ min: 0, max: 2 ** 50 - 1 })
const nowMillis = Date.UTC(2026, 10, 23)
const zeros = new Uint8Array(10)
const ones = new Uint8Array(10).fill(255)

/** Deterministic bytes (mulberry32), so that a failure can be repeated. */
const bytesFrom = (start: number) => {
  let state = start
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    const mixed = Math.imul(state ^ (state >>> 15), state | 1)
    const turned = mixed ^ (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61))
    return (turned ^ (turned >>> 14)) & 0xff
  }
  return () => Uint8Array.from({ length: 10 }, next)
}

describe("OrderNo.make", () => {
  it(`makes 100000 different numbers for one millisecond and one shard (seed ${seed})`, () => {
    const random = bytesFrom(seed)
    const made = new Set<string>()
    for (let count = 0; count < 100_000; count++) made.add(OrderNo.make({ nowMillis, shard: 7, random: random() }))
    expect(made.size).toBe(100_000)
  })

  it("makes 29 characters of Crockford's alphabet, so at most 32", () =>
    FastCheck.assert(
      FastCheck.property(times, shards, bytes, (nowMillis, shard, random) => {
        const no = OrderNo.make({ nowMillis, shard, random })
        expect(no).toMatch(/^[0-9ABCDEFGHJKMNPQRSTVWXYZ]{29}$/)
        expect(no.length).toBeLessThanOrEqual(32)
        expect(OrderNo.is(no)).toBe(true)
      })
    ))

  it("keeps the time and the shard", () =>
    FastCheck.assert(
      FastCheck.property(times, shards, bytes, (nowMillis, shard, random) => {
        const no = OrderNo.make({ nowMillis, shard, random })
        expect(OrderNo.timeMillis(no)).toBe(nowMillis)
        expect(OrderNo.shard(no)).toBe(shard)
      })
    ))

  it("keeps all 80 random bits", () =>
    FastCheck.assert(
      FastCheck.property(FastCheck.uint8Array({ minLength: 10, maxLength: 10 }), (random) => {
        const tail = OrderNo.make({ nowMillis, shard: 0, random }).slice(13)
        const bits = [...tail]
          .map((letter) => "0123456789ABCDEFGHJKMNPQRSTVWXYZ".indexOf(letter).toString(2).padStart(5, "0"))
          .join("")
        expect(bits).toBe([...random].map((byte) => byte.toString(2).padStart(8, "0")).join(""))
      })
    ))

  it("sorts by time, whatever the shard and the random bytes", () =>
    FastCheck.assert(
      FastCheck.property(times, times, (one, other) => {
        FastCheck.pre(one !== other)
        const earlier = OrderNo.make({ nowMillis: Math.min(one, other), shard: OrderNo.shards - 1, random: ones })
        const later = OrderNo.make({ nowMillis: Math.max(one, other), shard: 0, random: zeros })
        expect(earlier < later).toBe(true)
      })
    ))

  it("writes the ends of its ranges in full", () => {
    expect(OrderNo.make({ nowMillis: 0, shard: 0, random: zeros })).toBe("0".repeat(29))
    expect(OrderNo.make({ nowMillis: 2 ** 50 - 1, shard: 2 ** 15 - 1, random: ones })).toBe("Z".repeat(29))
  })

  it("takes the whole milliseconds of a time with a fraction", () => {
    expect(OrderNo.timeMillis(OrderNo.make({ nowMillis: 1.9, shard: 0, random: zeros }))).toBe(1)
  })
})

describe("OrderNo.is", () => {
  const no = OrderNo.make({ nowMillis, shard: 1, random: ones })
  const wrong = ["", no.slice(1), `${no}0`, ` ${no.slice(1)}`, `${no}\n`, no.toLowerCase()]
  const letters = [..."ILOU-"].map((letter) => letter + no.slice(1))

  it.each([...wrong, ...letters])("refuses %j, and so does the Schema", (text) => {
    expect(OrderNo.is(text)).toBe(false)
    expect(Either.isLeft(Schema.decodeUnknownEither(OrderNo.Schema)(text))).toBe(true)
  })

  it("takes a number, and so does the Schema", () => {
    expect(OrderNo.is(no)).toBe(true)
    expect(Schema.decodeUnknownEither(OrderNo.Schema)(no)).toEqual(Either.right(no))
  })
})

describe("OrderNo.shardOf", () => {
  const folded = (hash: number) => (BigInt(hash) ^ (BigInt(hash) >> 15n)) & 0x7fffn

  it.each([
    ["", 0x811c9dc5],
    ["a", 0xe40c292c],
    ["foobar", 0xbf9cf968]
  ])("folds the published FNV-1a hash of %j to 15 bits", (key, hash) => {
    expect(BigInt(OrderNo.shardOf(key))).toBe(folded(hash))
  })

  it("answers a shard that the order's number gives back, whatever the keys", () =>
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.string({ unit: "binary" })), bytes, (keys, random) => {
        const shard = OrderNo.shardOf(...keys)
        expect(Number.isInteger(shard) && shard >= 0 && shard < OrderNo.shards).toBe(true)
        expect(OrderNo.shard(OrderNo.make({ nowMillis, shard, random }))).toBe(shard)
        expect(OrderNo.shardOf(...keys)).toBe(shard)
      })
    ))

  it("tells keys apart by where one ends and the next begins", () => {
    expect(OrderNo.shardOf("ab", "c")).not.toBe(OrderNo.shardOf("a", "bc"))
    expect(OrderNo.shardOf("a", "b")).toBe(OrderNo.shardOf("a\u0000b"))
  })

  it("spreads keys evenly: of 32768 over 16 groups each gets its part within a tenth", () => {
    const groups = new Array<number>(16).fill(0)
    for (let key = 0; key < 32_768; key++) {
      const group = OrderNo.shardOf("app", `order-${key}`) >> 11
      groups[group] = (groups[group] ?? 0) + 1
    }
    for (const count of groups) expect(Math.abs(count - 2048)).toBeLessThan(205)
  })
})
