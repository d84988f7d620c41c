/** Channels that each node reads for the hub itself: what concerns all nodes, who of them is alive, and what was revoked. */

/** What concerns all nodes. */
export const hubChannel = '$hub'

/** Who of the nodes is alive. */
export const nodesChannel = '$nodes'

/** Which credentials were revoked. */
export const revokedChannel = '$revoked'

export const ownChannels = [hubChannel, nodesChannel, revokedChannel] as const
