// The kernel of compiler/README.md.
func.func @row_sum(%rows: index {tile.name = "rows", tile.divisible = 1 : i64}, %px: !tile.ptr<bf16> {tile.name = "x", tile.align = 16 : i64}, %py: !tile.ptr<f32> {tile.name = "y", tile.align = 16 : i64}) attributes {tile.kernel, tile.warps = 4 : i32} {
  %x = tile.make_view %px, [%rows], [] : <bf16> -> <?x1024xbf16, strides = [1024, 1], align = 16>
  %y = tile.make_view %py, [%rows], [] : <f32> -> <?xf32, strides = [1], align = 16>
  %p = tile.program_id 0
  %c4 = arith.constant 4 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %p, %c4 overflow<nsw> : index
  %t = tile.load %x[%row, %c0] : <?x1024xbf16, strides = [1024, 1], align = 16> -> tensor<4x1024xbf16>
  %v = arith.extf %t : tensor<4x1024xbf16> to tensor<4x1024xf32>
  %s = tile.reduce sum %v 1 : tensor<4x1024xf32> -> tensor<4xf32>
  tile.store %s, %y[%row] : tensor<4xf32>, <?xf32, strides = [1], align = 16>
  return
}
