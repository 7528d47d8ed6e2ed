import { Schema } from "effect"

/** What an operator may do, from the least to the most: each role may do what the ones before it may. */
export const roles = ["viewer", "operator", "administrator"] as const

/** `viewer` reads, `operator` acts on orders and events, `administrator` changes apps and operators. */
export const Role = Schema.Literal(...roles).annotations({ identifier: "Role" })
export type Role = typeof Role.Type

/** Whether who has `role` may do what needs `needed`. */
export const includes = (role: Role, needed: Role): boolean => roles.indexOf(role) >= roles.indexOf(needed)
