package main

// A growth is what an endpoint costs with the most people, divided by what it
// costs with the fewest.
type growth struct {
	scenario, topology string
	server, total      float64
}

func (r report) growth() (all []growth) {
	for i, small := range r.blocks {
		for _, large := range r.blocks[i+1:] {
			if small.topology == large.topology && r.outermost(small, large) {
				all = append(all, compare(small, large)...)
			}
		}
	}
	return all
}

// outermost reports whether the two are those with the fewest and the most people.
func (r report) outermost(small, large block) bool {
	sizes := r.options.sizes
	return small.size == sizes[0] && large.size == sizes[len(sizes)-1]
}

func compare(small, large block) (all []growth) {
	for _, before := range small.measurements {
		for _, after := range large.measurements {
			if before.scenario != after.scenario || before.server <= 0 {
				continue
			}
			all = append(all, growth{
				scenario: before.scenario, topology: small.topology,
				server: float64(after.server) / float64(before.server),
				total:  float64(after.total()) / float64(before.total()),
			})
		}
	}
	return all
}
