/** Metadata of classes, which the library of certificates looks for on `Reflect` as it is loaded (the part of the proposal "metadata reflection" that it uses). */
type Metadata = Map<unknown, unknown>

const kept = new WeakMap<object, Metadata>()

const own = (key: unknown, target: object): unknown => kept.get(target)?.get(key)

const inherited = (key: unknown, target: object | null): unknown =>
  target === null ? undefined : (own(key, target) ?? inherited(key, Object.getPrototypeOf(target)))

if (!("getMetadata" in Reflect))
  Object.assign(Reflect, {
    defineMetadata: (key: unknown, value: unknown, target: object): void => {
      const all = kept.get(target) ?? new Map<unknown, unknown>()
      kept.set(target, all.set(key, value))
    },
    getMetadata: inherited,
    getOwnMetadata: own
  })
