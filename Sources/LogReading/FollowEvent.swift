/// What following a log has brought.
@safe package enum FollowEvent {
  /// Whole lines, or a line without LF where the log was left; valid until the next call.
  case block(UnsafeRawBufferPointer)
  /// Nothing came within the given time.
  case idle
  /// The path names another file now; blocks from its start follow.
  case rotated
  /// The file was emptied; blocks from its start follow.
  case truncated
  /// The wake descriptor asked for an end, and all that was there is given.
  case stopped
  /// A pipe was closed, or a file that cannot grow is read.
  case end
}
