// Package desk is the map of the street. A line may import only from the lines above it; of one line, only what stands to the
// left. Stations (desk/) own their types, rules and tables. Flows (flow/) own nothing: each is one function that calls stations,
// top to bottom, in one transaction. Readers (read/) read any table and write only what is their own.
//
//	stations  brand account directory arrival contact conversation delivery question routing draft
//	flows     assign reply deliver intake resolve archive watch
//	readers   inbox
//
// The package test of internal/archtest reads this comment and walks the tree, so the map cannot lie: a place that is not on it,
// and a name on it that is no place, are both failures.
package desk
