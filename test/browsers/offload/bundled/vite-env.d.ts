/** What Vite makes of an import that ends in `?worker&url`. */
declare module '*?worker&url' {
  const url: string
  export default url
}
