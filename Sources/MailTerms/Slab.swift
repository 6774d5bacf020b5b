public import CShims
internal import Glibc

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
    unsafe base = Self.allocate(nil, capacity)
    self.capacity = capacity
    count = 0
  }

  /// Makes a slab of equal elements.
  @inlinable package init(repeating element: Element, count: Int) {
    unsafe base = Self.allocate(nil, count)
    capacity = count
    self.count = 0
    grow(repeating: element, to: count)
  }

  /// Adds equal elements up to a count.
  @inlinable package mutating func grow(repeating element: Element, to count: Int) {
    precondition(count >= self.count)
    unsafe base = Self.allocate(base, count)
    capacity = count
    // A table that is reached at random finds its pages sooner where they are few and large.
    let bytes = count * MemoryLayout<Element>.stride
    if bytes >= Self.hugeBytes { unsafe bl_use_huge_pages(base, bytes) }
    unsafe (base + self.count).initialize(repeating: element, count: count - self.count)
    self.count = count
  }

  deinit { unsafe free(base) }

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

  /// Adds a copy of a large element at the end, straight from where it stands.
  @inlinable @inline(__always) package mutating func append(copying element: inout Element) {
    if count == capacity { grow() }
    unsafe (base + count).initialize(from: &element, count: 1)
    count += 1
  }

  /// Where the next element will stand, for who makes it in place and then calls `takeIn`; valid until then.
  @inlinable @inline(__always) @unsafe package mutating func next() -> UnsafeMutablePointer<Element>
  {
    if count == capacity { grow() }
    return unsafe base + count
  }

  /// Takes in the element that was made at `next`.
  @inlinable @inline(__always) package mutating func takeIn() {
    precondition(count < capacity)
    count += 1
  }

  /// Adds an element at the end that is not made yet; gives its number.
  @inlinable @inline(__always) package mutating func makeRoom() -> Int32 {
    if count == capacity { grow() }
    count += 1
    return Int32(truncatingIfNeeded: count - 1)
  }

  /// Takes the last element out; nil where there is none.
  @inlinable @inline(__always) package mutating func popLast() -> Element? {
    guard count > 0 else { return nil }
    count -= 1
    return unsafe base[count]
  }

  /// Brings an element nearer to the processor that will be asked for soon.
  @inlinable @inline(__always) package func prefetch(_ index: Int) {
    unsafe bl_prefetch(base + index)
    // A line of the cache mostly has 64 bytes.
    if MemoryLayout<Element>.stride > 64 {
      unsafe bl_prefetch(UnsafeRawPointer(base + index) + (MemoryLayout<Element>.stride - 1))
    }
  }

  /// Forgets all elements and keeps their memory.
  @inlinable @inline(__always) package mutating func removeAll() { count = 0 }

  @usableFromInline static var hugeBytes: Int { 4 << 20 }

  // A large block is moved by its page table, so that growing neither copies it nor needs it twice.
  @usableFromInline mutating func grow() {
    capacity *= 2
    unsafe base = Self.allocate(base, capacity)
  }

  @usableFromInline static func allocate(
    _ old: UnsafeMutablePointer<Element>?, _ capacity: Int
  ) -> UnsafeMutablePointer<Element> {
    let bytes = max(1, capacity) * MemoryLayout<Element>.stride
    guard let memory = unsafe realloc(old, bytes) else { fatalError("out of memory") }
    return unsafe memory.bindMemory(to: Element.self, capacity: capacity)
  }
}
