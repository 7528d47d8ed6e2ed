import { writeSync } from "node:fs"
import { Socket } from "node:net"
import { setTimeout } from "node:timers/promises"
import * as Webhook from "@payment-proxy/adapter-webhook"
import { CrashAt } from "@payment-proxy/configuration"
import { WebhookSender } from "@payment-proxy/ports"
import { Effect, Layer, Redacted } from "effect"

// Sends one event to the URL given, on a machine that lets this process run on only once the answer is there, and dies at K21.

const [, , url = ""] = process.argv
const standsStillMillis = 30

const { _writeGeneric } = Socket.prototype as unknown as { _writeGeneric: (...args: ReadonlyArray<unknown>) => unknown }
Object.assign(Socket.prototype, {
  _writeGeneric(this: Socket, ...args: ReadonlyArray<unknown>) {
    const written = _writeGeneric.apply(this, [...args])
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, standsStillMillis)
    return written
  }
})

const secret = Redacted.make("whsec_dGhyb3dhd2F5IHNlY3JldCBvZiBhIHRlc3Q=")
const message = { url, secrets: [secret], eventId: "evt_1", body: JSON.stringify({ text: "whole".repeat(100) }) }

await Effect.flatMap(WebhookSender, (sender) => sender.send(message)).pipe(
  Effect.tap(Effect.sync(() => writeSync(1, "answered"))),
  Effect.provide(
    Layer.merge(Webhook.Sender.layer({ allowHttp: true }), CrashAt.layer({ point: "K21", visit: 1, signal: "SIGKILL" }))
  ),
  Effect.runPromise
)
await setTimeout(1000)
