/** As much of metadata reflection as the certificates' library asks for when it is loaded; a real one is left in place. */
const kept = new WeakMap<object, Map<unknown, unknown>>()

const own = (key: unknown, target: object): unknown => kept.get(target)?.get(key)

const inherited = (key: unknown, target: object): unknown => {
  const found = own(key, target)
  const parent: unknown = found === undefined ? Object.getPrototypeOf(target) : null
  return typeof parent === "object" || typeof parent === "function"
    ? parent === null
      ? found
      : inherited(key, parent)
    : found
}

const define = (key: unknown, value: unknown, target: object): void => {
  const of = kept.get(target) ?? new Map<unknown, unknown>()
  kept.set(target, of.set(key, value))
}

if (!("getMetadata" in Reflect))
  Object.assign(Reflect, {
    getMetadata: inherited,
    getOwnMetadata: own,
    hasOwnMetadata: (key: unknown, target: object) => own(key, target) !== undefined,
    defineMetadata: define,
    metadata: (key: unknown, value: unknown) => (target: object) => define(key, value, target)
  })
