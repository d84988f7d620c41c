/** What an append to the disk store costs beside a bare loop over lmdb. */
import { appends } from './appends.mjs'

const note =
  ", each answered when it is on the disk (fsync). CPU of the whole process, user and system, lmdb's threads included. The bare loop keeps a head and a message for each append, in one transaction for all that waits."

/** @param {import('./appends.mjs').AppendOptions} options */
export const disk = (options) =>
  appends(
    {
      title: 'Disk store',
      note,
      kind: 'disk',
      names: { bare: 'bare `lmdb` loop', ours: '**Anywire** `disk()`' },
      channels: [1, 10_000],
      rate: 60_000,
    },
    options,
  )
