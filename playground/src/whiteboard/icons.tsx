/** The icons of the tools, in the colour of the text around them. */
const paths = {
  select: 'M5 3l13 9-6 1-3 6z',
  stroke: 'M4 20l1-5L16 4l4 4L9 19zM14 6l4 4',
  box: 'M4 6h16v12H4z',
  oval: 'M3 12a9 6.5 0 1018 0a9 6.5 0 10-18 0z',
  note: 'M5 6V4h14v2M12 4v16M9 20h6',
  picture: 'M3 5h18v14H3zM3 16l5-5 4 4 3-3 6 6M15 9h.01',
  add: 'M12 5v14M5 12h14',
  undo: 'M9 5L4 10l5 5M4 10h10a5 5 0 010 10h-3',
  redo: 'M15 5l5 5-5 5M20 10H10a5 5 0 000 10h3',
  out: 'M5 12h14',
  fit: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  clear: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13',
} as const

export type IconName = keyof typeof paths

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d={paths[name]} />
  </svg>
)
