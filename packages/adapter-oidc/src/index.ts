export { layer, make, type Options } from "./Provider.ts"
