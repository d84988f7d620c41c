/** A picture, and what can be made of it. */
import type { ComponentChildren } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { Button } from '../parts/button.js'
import { Choice } from '../parts/field.js'
import { toast } from '../shell/toasts.js'
import { Controls } from './controls.js'
import { type Outcome, Pixels, Shown } from './outcome.js'
import { type Place, type Runner, useRun } from './run.js'
import { copyOf, pictureOf, sample } from './source.js'
import type { Picture } from './work/picture.js'

const filters = [
  ['blur', 'Blur'],
  ['edges', 'Edges'],
  ['histogram', 'Histogram'],
  ['palette', 'Palette'],
] as const
type Filter = (typeof filters)[number][0]

/** The buffer of a copy is given away, and that of the result comes back. */
async function outcomeOf(
  name: Filter,
  place: Place,
  picture: Picture,
  { start }: Runner,
): Promise<Outcome | undefined> {
  const input = copyOf(picture)
  if (name === 'histogram') {
    const histogram = await start(place, { name, input })
    return histogram && { kind: 'histogram', histogram }
  }
  if (name === 'palette') {
    const colours = await start(place, { name, input })
    return colours && { kind: 'palette', colours }
  }
  const made = await start(place, { name, input })
  return made && { kind: 'picture', picture: made }
}

export function PictureJobs() {
  const first = useMemo(sample, [])
  const [picture, setPicture] = useState<Picture>(first)
  const [filter, setFilter] = useState<Filter>('blur')
  const [outcome, setOutcome] = useState<Outcome>()
  const runner = useRun()
  const take = (next: Picture) => {
    setPicture(next)
    setOutcome(undefined)
  }
  const open = (file: Blob | undefined) => {
    if (file) pictureOf(file).then(take, () => toast('That file is no picture that this browser can read.'))
  }
  useEffect(() => {
    const paste = ({ clipboardData }: ClipboardEvent) => open(clipboardData?.files[0])
    addEventListener('paste', paste)
    return () => removeEventListener('paste', paste)
  }, [])
  const start = async (place: Place) => {
    const made = await outcomeOf(filter, place, picture, runner)
    if (made) setOutcome(made)
  }
  return (
    <section aria-labelledby="picture">
      <h2 id="picture">A picture</h2>
      <div class="wanted">
        <Choice label="Make of it" name="filter" value={filter} options={filters} onChange={setFilter} />
        <label class="button file-button">
          <input type="file" accept="image/*" onChange={(event) => open(event.currentTarget.files?.[0])} />
          Choose a picture
        </label>
        {picture !== first && <Button onClick={() => take(first)}>The sample</Button>}
      </div>
      <Controls runner={runner} name={filter} onStart={start} />
      <div class="pictures">
        <Drop onFile={open}>
          <Pixels picture={picture} label={`The picture, ${picture.width} by ${picture.height} pixels`} />
        </Drop>
        <div class="made">
          <Shown outcome={outcome} />
        </div>
      </div>
    </section>
  )
}

interface DropProps {
  readonly onFile: (file: Blob | undefined) => void
  readonly children: ComponentChildren
}

function Drop({ onFile, children }: DropProps) {
  const [isOver, setOver] = useState(false)
  const over = (event: DragEvent) => {
    event.preventDefault()
    setOver(event.type === 'dragover')
  }
  const drop = (event: DragEvent) => {
    over(event)
    onFile(event.dataTransfer?.files[0])
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a second way for who has a pointer; the button below is for everybody
    <div class={isOver ? 'drop over' : 'drop'} onDragOver={over} onDragLeave={over} onDrop={drop}>
      {children}
      <p>Or drop or paste one here.</p>
    </div>
  )
}
