//! The document tree: html5ever builds it, in an arena of our own, with depth and size bounded while it grows.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeBuilder, TreeBuilderOpts, TreeSink};
use html5ever::{Attribute, LocalName, Namespace, QualName};

/// Elements nested deeper lose their tags, not their text: the tree builder's work a token grows with the depth.
const MAX_DEPTH: u32 = 250;
/// Beyond this many nodes the document is refused.
const MAX_NODES: usize = 400_000;
/// No node.
pub const NONE: u32 = u32::MAX;

pub enum Data {
    Element { name: QualName, attrs: Vec<Attribute> },
    Text(StrTendril),
    Other,
}

pub struct Node {
    pub parent: u32,
    pub first: u32,
    pub last: u32,
    pub prev: u32,
    pub next: u32,
    depth: u32,
    pub data: Data,
}

/// The tree; node 0 is the document.
pub struct Tree {
    pub nodes: Vec<Node>,
}

impl Tree {
    /// Builds the tree of scanned HTML; `None` where it has too many nodes.
    pub fn build(html: &str) -> Option<Tree> {
        let sink = Sink::default();
        let capped = Capped {
            builder: TreeBuilder::new(
                sink,
                TreeBuilderOpts {
                    scripting_enabled: false,
                    ..Default::default()
                },
            ),
            dropped: Cell::new(0),
        };
        let tokenizer = Tokenizer::new(capped, TokenizerOpts::default());
        let queue = BufferQueue::default();
        queue.push_back(StrTendril::from_slice(html));
        // it stops early only for scripts and encodings, whose tags the scan left out
        let _ = tokenizer.feed(&queue);
        tokenizer.end();
        let nodes = tokenizer.sink.builder.sink.nodes.into_inner();
        (nodes.len() <= MAX_NODES).then_some(Tree { nodes })
    }

    pub fn node(&self, id: u32) -> &Node {
        &self.nodes[id as usize]
    }

    /// The element's name, empty for anything else.
    pub fn name(&self, id: u32) -> &str {
        match &self.node(id).data {
            Data::Element { name, .. } => &name.local,
            _ => "",
        }
    }

    pub fn attr(&self, id: u32, wanted: &str) -> Option<&str> {
        match &self.node(id).data {
            Data::Element { attrs, .. } => attrs.iter().find(|a| &*a.name.local == wanted).map(|a| &*a.value),
            _ => None,
        }
    }

    /// The node after `id` in document order that is not inside it, within `root`.
    pub fn skip(&self, mut id: u32, root: u32) -> u32 {
        while id != root && id != NONE {
            let node = self.node(id);
            if node.next != NONE {
                return node.next;
            }
            id = node.parent;
        }
        NONE
    }

    /// The next node in document order within `root`.
    pub fn after(&self, id: u32, root: u32) -> u32 {
        match self.node(id).first {
            NONE => self.skip(id, root),
            child => child,
        }
    }
}

/// Drops start tags that would go too deep, and everything once the tree is full.
struct Capped {
    builder: TreeBuilder<u32, Sink>,
    dropped: Cell<u32>,
}

impl TokenSink for Capped {
    type Handle = u32;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<u32> {
        let sink = &self.builder.sink;
        if sink.nodes.borrow().len() > MAX_NODES && !matches!(token, Token::EOFToken) {
            return TokenSinkResult::Continue;
        }
        if let Token::TagToken(Tag { kind, name, .. }) = &token {
            let void = matches!(&**name, "br" | "img" | "hr");
            match kind {
                TagKind::StartTag if !void && sink.depth.get() >= MAX_DEPTH => {
                    self.dropped.set(self.dropped.get() + 1);
                    return TokenSinkResult::Continue;
                }
                TagKind::EndTag if !void && self.dropped.get() > 0 => {
                    self.dropped.set(self.dropped.get() - 1);
                    return TokenSinkResult::Continue;
                }
                _ => {}
            }
        }
        self.builder.process_token(token, line)
    }

    fn end(&self) {
        self.builder.end();
    }
}

struct Sink {
    nodes: RefCell<Vec<Node>>,
    /// Depth of what was put in last.
    depth: Cell<u32>,
}

impl Default for Sink {
    fn default() -> Sink {
        let sink = Sink {
            nodes: RefCell::default(),
            depth: Cell::new(0),
        };
        sink.add(Data::Other);
        sink
    }
}

/// An element's name, held while the tree builder looks at it.
#[derive(Debug)]
struct Name(QualName);

impl ElemName for Name {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }
    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl Sink {
    fn add(&self, data: Data) -> u32 {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node {
            parent: NONE,
            first: NONE,
            last: NONE,
            prev: NONE,
            next: NONE,
            depth: 0,
            data,
        });
        (nodes.len() - 1) as u32
    }

    fn detach(nodes: &mut [Node], id: u32) {
        let Node { parent, prev, next, .. } = nodes[id as usize];
        match prev {
            NONE if parent != NONE => nodes[parent as usize].first = next,
            NONE => {}
            prev => nodes[prev as usize].next = next,
        }
        match next {
            NONE if parent != NONE => nodes[parent as usize].last = prev,
            NONE => {}
            next => nodes[next as usize].prev = prev,
        }
        let node = &mut nodes[id as usize];
        (node.parent, node.prev, node.next) = (NONE, NONE, NONE);
    }

    /// Puts `child` into `parent` before `next`, or at the end.
    fn insert(&self, parent: u32, next: u32, child: NodeOrText<u32>) {
        let mut nodes = self.nodes.borrow_mut();
        let prev = match next {
            NONE => nodes[parent as usize].last,
            next => nodes[next as usize].prev,
        };
        let id = match child {
            NodeOrText::AppendNode(id) => {
                Self::detach(&mut nodes, id);
                id
            }
            NodeOrText::AppendText(text) => {
                if prev != NONE
                    && let Data::Text(before) = &mut nodes[prev as usize].data
                {
                    before.push_tendril(&text);
                    return;
                }
                drop(nodes);
                let id = self.add(Data::Text(text));
                nodes = self.nodes.borrow_mut();
                id
            }
        };
        let depth = nodes[parent as usize].depth + 1;
        self.depth.set(depth);
        let node = &mut nodes[id as usize];
        (node.parent, node.prev, node.next, node.depth) = (parent, prev, next, depth);
        match prev {
            NONE => nodes[parent as usize].first = id,
            prev => nodes[prev as usize].next = id,
        }
        match next {
            NONE => nodes[parent as usize].last = id,
            next => nodes[next as usize].prev = id,
        }
    }
}

impl TreeSink for Sink {
    type Handle = u32;
    type Output = Sink;
    type ElemName<'a> = Name;

    fn finish(self) -> Sink {
        self
    }
    fn parse_error(&self, _: Cow<'static, str>) {}
    fn get_document(&self) -> u32 {
        0
    }
    fn elem_name<'a>(&'a self, target: &'a u32) -> Name {
        match &self.nodes.borrow()[*target as usize].data {
            Data::Element { name, .. } => Name(name.clone()),
            _ => unreachable!("the tree builder asks only for names of elements it made"),
        }
    }
    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, _: ElementFlags) -> u32 {
        self.add(Data::Element { name, attrs })
    }
    fn create_comment(&self, _: StrTendril) -> u32 {
        self.add(Data::Other)
    }
    fn create_pi(&self, _: StrTendril, _: StrTendril) -> u32 {
        self.add(Data::Other)
    }
    fn append(&self, parent: &u32, child: NodeOrText<u32>) {
        self.insert(*parent, NONE, child);
    }
    fn append_based_on_parent_node(&self, element: &u32, prev_element: &u32, child: NodeOrText<u32>) {
        if self.nodes.borrow()[*element as usize].parent != NONE {
            self.append_before_sibling(element, child);
        } else {
            self.append(prev_element, child);
        }
    }
    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}
    fn get_template_contents(&self, target: &u32) -> u32 {
        *target
    }
    fn same_node(&self, x: &u32, y: &u32) -> bool {
        x == y
    }
    fn set_quirks_mode(&self, _: QuirksMode) {}
    fn append_before_sibling(&self, sibling: &u32, child: NodeOrText<u32>) {
        let parent = self.nodes.borrow()[*sibling as usize].parent;
        if parent != NONE {
            self.insert(parent, *sibling, child);
        }
    }
    fn add_attrs_if_missing(&self, _: &u32, _: Vec<Attribute>) {}
    fn remove_from_parent(&self, target: &u32) {
        Self::detach(&mut self.nodes.borrow_mut(), *target);
    }
    fn reparent_children(&self, node: &u32, new_parent: &u32) {
        loop {
            let child = self.nodes.borrow()[*node as usize].first;
            if child == NONE {
                break;
            }
            self.insert(*new_parent, NONE, NodeOrText::AppendNode(child));
        }
    }
}
