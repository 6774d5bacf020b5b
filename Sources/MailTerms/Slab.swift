/// A growing row of plain values that are changed in place.
///
/// An array checks at each change that nobody shares its memory; a slab has one owner, so that
/// reaching an element is one bounds check and an addition. It never gives memory back.
@safe @usableFromInline package struct Slab<Element: BitwiseCopyable>: ~Copyable {
  @usableFromInline var base: UnsafeMutablePointer<Element>
  @usableFromInline var capacity: Int
  /// How many elements there are.
  @usableFromInline package var count: Int

  /// Makes an empty slab.
  package init(capacity: Int = 64) {
    unsafe base = .allocate(capacity: capacity)
    self.capacity = capacity
    count = 0
  }

  /// Makes a slab of equal elements.
  package init(repeating element: Element, count: Int) {
    unsafe base = .allocate(capacity: count)
    capacity = count
    self.count = count
    unsafe base.initialize(repeating: element, count: count)
  }

  deinit { unsafe base.deallocate() }

  /// An element in place.
  @inlinable @inline(__always) package subscript(_ index: Int) -> Element {
    unsafeAddress {
      precondition(index >= 0 && index < count)
      return unsafe UnsafePointer(base + index)
    }
    unsafeMutableAddress {
      precondition(index >= 0 && index < count)
      return unsafe base + index
    }
  }

  /// Adds an element at the end.
  @inlinable @inline(__always) package mutating func append(_ element: Element) {
    if count == capacity { grow() }
    unsafe (base + count).initialize(to: element)
    count += 1
  }

  /// Forgets all elements and keeps their memory.
  @inlinable @inline(__always) package mutating func removeAll() { count = 0 }

  @usableFromInline mutating func grow() {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
    unsafe larger.moveInitialize(from: base, count: count)
    unsafe base.deallocate()
    unsafe base = larger
    capacity *= 2
  }
}
