import { toString as drawn } from "qrcode"

/** A text as a QR code (ISO/IEC 18004), in SVG, black on white with its quiet zone. */
export const svg = (text: string): Promise<string> => drawn(text, { type: "svg", errorCorrectionLevel: "M", margin: 4 })
