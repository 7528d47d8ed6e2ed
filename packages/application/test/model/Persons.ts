/** How the operators type their names: who is who. */
const names = { ann: ["ann", " Ann", "ANN ", "Ａnn"], bob: ["bob", "Bob ", "BOB"] } as const

export type Person = keyof typeof names

/** All ways to type a name. */
export const typed: ReadonlyArray<string> = Object.values(names).flat()

/** Whose name this is, however it was typed; null where it is nobody's. */
export const personOf = (name: string): Person | null => {
  for (const person of ["ann", "bob"] as const)
    if (names[person].some((one) => one.trim() === name.trim())) return person
  return null
}
