/** The connection of a reader in this process: of the program, or of the hub itself. */
import { Connection } from '../../core/reading/connection.js'
import type { Delivery } from '../../core/reading/delivery.js'
import type { Principal } from '../../core/rule.js'
import type { Framing } from '../../protocol/framing.js'
import { LocalWire } from '../../wires/local.js'

const some = Buffer.alloc(1)
/** Nothing is encoded: the reader gets the slice itself. */
export const local: Framing = { name: 'local', encode: () => some }
const reader: Principal = { id: 'server' }

/** The connection of a reader in this process. Whether it is counted among those of the hub is for the caller. */
export function localConnection({ wheel, limits }: Delivery, transport: string = local.name): LocalConnection {
  const wire = new LocalWire()
  const connection = new Connection({
    wire,
    principal: reader,
    transport,
    wheel,
    // It holds one slice for as long as the program takes. If it were ended as stalled, its loop would end without an
    // error.
    times: { ...limits, stallMs: Number.POSITIVE_INFINITY },
    single: true,
  })
  return { wire, connection }
}

interface LocalConnection {
  readonly wire: LocalWire
  readonly connection: Connection
}
