"""A page of HTML, read strictly: every element is closed where it should be, ids are unique."""

import html.parser

VOID = {'meta', 'br', 'link', 'img', 'hr', 'input'}
DRAWN = {'line', 'rect', 'circle', 'path'}  # of SVG: may be closed by their own tag


class Page(html.parser.HTMLParser):
    """`faults` is a list of what is wrong; `texts` the texts by element, `tables` the rows by caption."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.faults, self.open, self.ids, self.attributes = [], [], set(), []
        self.texts, self.tables, self.elements = [], {}, []
        self.caption, self.row = None, None
        self.feed(text)
        self.close()
        self.faults += [f'<{tag}> is never closed' for tag in self.open]

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if len(set(names)) != len(names):
            self.faults.append(f'<{tag}> has an attribute twice: {names}')
        for name, value in attrs:
            self.attributes.append((tag, name, value))
            if name == 'id' and value in self.ids:
                self.faults.append(f'the id {value} stands twice')
            elif name == 'id':
                self.ids.add(value)
        self.elements.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if tag == 'table':
            self.caption = ''
        elif tag == 'tr':
            self.row = []
        elif tag in ('td', 'th') and self.row is not None:
            self.row.append('')

    def handle_startendtag(self, tag, attrs):
        if tag not in DRAWN:
            self.faults.append(f'<{tag}/> closes itself')
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.faults.append(f'</{tag}> inside of {self.open[-3:]}')
            return
        self.open.pop()
        if tag == 'tr':
            self.tables.setdefault(self.caption, []).append(self.row)
            self.row = None

    def handle_data(self, data):
        if self.open and self.open[-1] not in ('style', 'script') and data.strip():
            self.texts.append(data.strip())
        if self.open and self.open[-1] == 'caption':
            self.caption = data
        if self.row:
            self.row[-1] += data

    def table(self, caption):
        """Rows as lists of texts."""
        return self.tables.get(caption, [])

    def value(self, caption, name):
        """What stands beside a name."""
        return next(row[1] for row in self.table(caption) if row[0] == name)

    def foreign(self):
        """What the page would load, or run."""
        loads = [(tag, name, value) for tag, name, value in self.attributes
                 if name in ('src', 'href', 'xlink:href', 'srcset', 'data') or name.startswith('on')]
        return loads + [tag for tag in self.elements if tag in ('script', 'iframe', 'link', 'object', 'embed')]
