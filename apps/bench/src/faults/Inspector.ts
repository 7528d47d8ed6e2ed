import type { Running } from "./Processes.ts"

/** What all processes of a world need in their environment, so that one can be looked into. */
export const environment = { NODE_OPTIONS: "--inspect=127.0.0.1:0" }

/** The debugger of a process, found in what it said at its start. */
export const addressOf = (running: Running | undefined): string => addressIn(running?.said() ?? "")

/** The debugger's address in what a process said. */
export const addressIn = (said: string): string => {
  const [address] = /ws:\/\/127\.0\.0\.1:\d+\/\S+/.exec(said) ?? []
  if (address === undefined) throw new Error("This process said nothing of a debugger.")
  return address
}

/** The value of an expression in a process; it comes when the process is done with it. */
export const evaluate = (address: string, expression: string): Promise<unknown> =>
  new Promise((done, failed) => {
    const socket = new WebSocket(address)
    socket.addEventListener("error", () => failed(new Error(`No debugger at ${address}.`)))
    socket.addEventListener("open", () =>
      socket.send(JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression, returnByValue: true } }))
    )
    socket.addEventListener("message", ({ data }) => {
      socket.close()
      done(
        (JSON.parse(String(data)) as { readonly result: { readonly result: { readonly value: unknown } } }).result
          .result.value
      )
    })
  })
