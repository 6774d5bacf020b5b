/// Memory into which lines are read; it can be handed on together with them, so that they are not copied.
@safe package struct LineMemory: ~Copyable {
  /// All of it.
  @unsafe package let bytes: UnsafeMutableRawBufferPointer

  /// Takes memory for that many bytes.
  package init(capacity: Int) {
    unsafe bytes = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit { unsafe bytes.deallocate() }

  /// How many bytes it has.
  package var count: Int { unsafe bytes.count }
}
