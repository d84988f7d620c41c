/** `anywire backup`: copies the folder of a disk store while a hub uses it. */
import { Command } from 'commander'

export const backupCommand = new Command('backup')
  .description('Copy the folder of a disk store, as it is at one moment, while a hub uses it.')
  .argument('<folder>', 'as in --store disk:<folder>')
  .argument('<copy>', 'a folder without a store')
  .addHelpText(
    'after',
    `
To put a copy back, stop the hub and start it on the copy. Readers who had more than the copy are told so.`,
  )
  .action(async (folder: string, copy: string) => {
    const { backup } = await import('../stores/disk/index.js')
    await backup(folder, copy)
    console.log(`copied to ${copy}`)
  })
