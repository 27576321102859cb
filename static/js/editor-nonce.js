// The editors' libraries put style elements of their own into the page. They get the page's nonce, without which the
// Content-Security-Policy refuses them.
{
  const { nonce } = document.currentScript
  const create = document.createElement.bind(document)
  document.createElement = (name, options) => {
    const element = create(name, options)
    if (String(name).toLowerCase() === "style") element.nonce = nonce
    return element
  }
}
