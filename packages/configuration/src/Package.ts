import { createRequire } from "node:module"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import type { Filter } from "@payment-proxy/proxy"
import { Data, Effect, Predicate, Schema } from "effect"

/** The package gives no filter kind; `detail` says why. */
export class PackageUnfit extends Data.TaggedError("PackageUnfit")<{ readonly detail: string }> {}

const timeLimit = "30 seconds"

const messageOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split("\n", 1)[0] ?? ""

const isMissing = (cause: unknown): boolean => Predicate.hasProperty(cause, "code") && cause.code === "MODULE_NOT_FOUND"

const found = (name: string, source: string) =>
  Effect.try({
    try: () => createRequire(resolve(source)).resolve(name),
    catch: (cause) =>
      new PackageUnfit({
        detail: isMissing(cause)
          ? `no package of this name is found from the configuration's folder: if it is your own, install it there ("npm install" and its name or folder)`
          : `its package.json gives no way in ("exports" needs "default"): ${messageOf(cause)}`
      })
  })

const imported = (path: string) =>
  Effect.tryPromise({
    try: (): Promise<unknown> => import(pathToFileURL(path).href),
    catch: (cause) => new PackageUnfit({ detail: `its package fails when it is imported: ${messageOf(cause)}` })
  }).pipe(
    Effect.timeoutFail({
      duration: timeLimit,
      onTimeout: () => new PackageUnfit({ detail: `its package is not imported within ${timeLimit}` })
    })
  )

const isKind = (value: unknown): value is Filter.AnyKind =>
  Predicate.hasProperty(value, "name") &&
  typeof value.name === "string" &&
  Predicate.hasProperty(value, "options") &&
  Schema.isSchema(value.options) &&
  Predicate.hasProperty(value, "make") &&
  typeof value.make === "function"

/** The filter kind that a package exports as its default; it is looked for from the folder of the configuration's file. */
export const filterKind = (name: string, source: string): Effect.Effect<Filter.AnyKind, PackageUnfit> =>
  found(name, source).pipe(
    Effect.flatMap(imported),
    Effect.flatMap((module) =>
      Predicate.hasProperty(module, "default") && isKind(module.default)
        ? Effect.succeed(module.default)
        : new PackageUnfit({
            detail:
              "its package's default export is no filter kind: name, options (a Schema of effect) and make (a function)"
          })
    )
  )
