// Plants one bug after the other in a copy of the packages and has the model look for it: each must be found.
// node packages/application/test/model/mutate.mjs [name]
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = join(import.meta.dirname, "..", "..", "..", "..")
const runs = process.argv[4] ?? "4000"
const seed = process.argv[3] ?? "1"

const bugs = [
  {
    name: "the refund guard forgets what is open",
    file: "domain/src/Payment.ts",
    from: "max(payment.captured - reserved(payment) - disputed(payment), 0n)",
    to: "max(payment.captured - refunded(payment) - disputed(payment), 0n)"
  },
  {
    name: "no answer counts as a refusal",
    file: "application/src/TakeIn.ts",
    from: "    : failure\n",
    to: '    : failure._tag === "InDoubt" ? { _tag: "Rejected", code: "TIMEOUT", detail: failure.detail } : failure\n'
  },
  {
    name: "late evidence moves where only fresh evidence may",
    file: "domain/src/PaymentMachine.ts",
    from: "if (cell.fresh === true && !isFresh)",
    to: "if (cell.fresh === true && !isFresh && nowMillis < 0)"
  },
  {
    name: "an answer that was long on its way counts as fresh",
    file: "domain/src/Evidence.ts",
    from: "evidence.asked.version >= order.learntVersion",
    to: "evidence.asked.version >= order.learntVersion - 1000"
  },
  {
    name: "a refusal declines an operation although another call of it may arrive",
    file: "domain/src/PaymentMachine.ts",
    from: 'answer._tag === "Rejected" && unknownCalls === 0',
    to: 'answer._tag === "Rejected" && unknownCalls >= 0'
  },
  {
    name: "a notification of another amount is taken",
    file: "application/src/Receive.ts",
    from: "if (stated === null) return\n",
    to: "if (stated !== undefined) return\n"
  },
  {
    name: "a capture that is sent again gets a new number",
    file: "domain/src/PaymentMachine.ts",
    from: "          unknownCalls: operation.unknownCalls + 1,",
    to:
      "          no: operation.unknownCalls > 0 ? `$" +
      "{operation.no}A` : operation.no, unknownCalls: operation.unknownCalls + 1,"
  },
  {
    name: "who was told that it is dead is told that it is paid",
    file: "domain/src/PaymentMachine.ts",
    from: "cell.late === true && learnt.toldDead && !learnt.lateAccepted",
    to: "cell.late === true && learnt.toldDead && learnt.lateAccepted"
  },
  {
    name: "what is urgent forgets its event",
    file: "application/src/Decision.ts",
    from: "        deliveries: eventsOf(",
    to: "        deliveries: urgent ? [] : eventsOf("
  },
  {
    name: "a refund that is decided does not move its payment",
    file: "application/src/RefundDecision.ts",
    from: ".commit(moved === null ? [own] : [moved, own])",
    to: ".commit([own])"
  },
  {
    name: "late money is refunded anew before the last refund is decided",
    file: "domain/src/PaymentCommands.ts",
    from: '  if (amountMinor <= 0n || amountMinor > refundable(payment))\n    return refuse("AMOUNT_INVALID", `Refund',
    to: '  if (amountMinor <= 0n)\n    return refuse("AMOUNT_INVALID", `Refund'
  },
  {
    name: "one operator is enough",
    file: "application/src/Operators.ts",
    from: "if (Operator.isSame(proposal.proposedBy, name))",
    to: "if (proposal.proposedBy === name)"
  },
  {
    name: "a call that was not sent closes the order, whatever was sent before",
    file: "domain/src/PaymentMachine.ts",
    from: "const neverArrived = counted.unknownCalls === 0",
    to: "const neverArrived = counted.unknownCalls >= 0"
  },
  {
    name: "a key answers its order for any body",
    file: "application/src/Place.ts",
    from: "existing.fingerprint === asked.fingerprint",
    to: 'existing.fingerprint !== ""'
  },
  {
    name: "a commit puts off what was made due",
    file: "testkit/src/memory/Due.ts",
    from: "!putsOff && isOpen(due, nowMillis)",
    to: "putsOff && isOpen(due, nowMillis)"
  },
  {
    name: "a call that takes the money is made for ever",
    file: "domain/src/PaymentCommands.ts",
    from: "payment.operation !== null && nowMillis < (payment.authorizedUntilMillis ?? Number.POSITIVE_INFINITY)",
    to: "payment.operation !== null"
  },
  {
    name: "an owed query is forgotten",
    file: "application/src/Confirm.ts",
    from: "if (!(yield* isDoneUnasked(owing))) return yield* satisfy(owing)",
    to: "if (owing.version > 0) return yield* satisfy(owing)"
  }
]

/** The packages as they stand, in a place of their own, with this bug. */
const planted = ({ file, from, to }) => {
  const copy = mkdtempSync(join(tmpdir(), "mutant-"))
  for (const name of ["application", "domain", "ports", "testkit"])
    cpSync(join(root, "packages", name), join(copy, "packages", name), {
      recursive: true,
      filter: (path) => !/node_modules|dist$|\.test$/.test(path)
    })
  mkdirSync(join(copy, "node_modules", "@payment-proxy"), { recursive: true })
  for (const name of ["domain", "ports", "testkit"])
    symlinkSync(join(copy, "packages", name), join(copy, "node_modules", "@payment-proxy", name))
  symlinkSync(join(root, "packages", "application", "node_modules", "effect"), join(copy, "node_modules", "effect"))
  const path = join(copy, "packages", file)
  const text = readFileSync(path, "utf8")
  if (text.split(from).length !== 2) throw new Error(`${file} does not have ${JSON.stringify(from)} once.`)
  writeFileSync(
    path,
    text.replace(from, () => to)
  )
  return copy
}

let missed = 0
for (const bug of bugs.filter(({ name }) => name.includes(process.argv[2] ?? ""))) {
  const copy = planted(bug)
  const found = execFileSync(
    process.execPath,
    ["--conditions=source", "packages/application/test/model/mutant.ts", runs, seed],
    {
      cwd: copy,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"]
    }
  )
  rmSync(copy, { recursive: true })
  if (found.trim() === "") missed += 1
  const lines = found.trim().split("\n")
  console.log(
    `## ${bug.name} (${bug.file}): ${found.trim() === "" ? "NOT FOUND" : lines.filter((line) => !/^ {4}at /.test(line)).join("\n")}\n`
  )
}
process.exitCode = missed > 0 ? 1 : 0
